"""Checks of submits, keys and states: each gives a sentence for everything that must not be. Pure."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TypeVar
from uuid import UUID

from benchmarks.chaos.evidence import EdgeRow, Evidence, JobRow, by_child
from benchmarks.chaos.orders import KINDS
from jobs.states import FINAL

Key = TypeVar("Key", bound=Hashable)


def one_job_each(evidence: Evidence) -> Iterator[str]:
    ids = {job.id: job.number for job in evidence.jobs}
    words: dict[int | None, set[str]] = defaultdict(set)
    for wish in evidence.wishes.values():
        words[wish.number].add(wish.word)
        if wish.word == "accepted" and (wish.answer is None or ids.get(wish.answer) != wish.number):
            yield f"job {wish.number} was accepted as {wish.answer}, and no such job is there: it is lost"
    for number, count in Counter(ids.values()).items():
        if count > 1:
            yield f"job {number} was asked for once and is there {count} times"
        if "withdrawn" in words[number]:
            yield f"job {number} was rolled back with its transaction and is there"


def only_asked_for(evidence: Evidence) -> Iterator[str]:
    for job in evidence.jobs:
        if job.id not in evidence.wishes:
            yield f"job {job.id} is there and nobody asked for that id"


def one_job_per_key(evidence: Evidence) -> Iterator[str]:
    known = {job.id for job in evidence.jobs}
    by_key = _grouped((job.key, job.id) for job in evidence.jobs if job.key is not None)
    answers = _grouped((wish.number, wish.answer) for wish in evidence.wishes.values() if wish.answer is not None)
    for key, ids in by_key.items():
        if len(ids) > 1:
            yield f"key {key} has made {len(ids)} jobs"
    for number, ids in answers.items():
        if len(ids) > 1:
            yield f"job {number} was answered with {len(ids)} different ids"
    for scope, job_id in evidence.keys:
        if job_id not in known:
            yield f"the key {scope} belongs to job {job_id}, which is not there"


def _grouped(pairs: Iterable[tuple[Key, UUID]]) -> dict[Key, set[UUID]]:
    found: dict[Key, set[UUID]] = defaultdict(set)
    for key, id in pairs:
        found[key].add(id)
    return found


def final_or_explained(evidence: Evidence) -> Iterator[str]:
    jobs = {job.id: job for job in evidence.jobs}
    parents = by_child(evidence.edges)
    explained: dict[UUID, bool] = {}
    for job in evidence.jobs:
        if job.state == "blocked":
            if not _is_held_back(job, jobs, parents, explained):
                yield f"job {job.id} is blocked and nothing upstream explains it"
        elif job.state not in FINAL:
            yield f"job {job.id} is still {job.state}"


def _is_held_back(
    job: JobRow, jobs: Mapping[UUID, JobRow], parents: Mapping[UUID, list[EdgeRow]], known: dict[UUID, bool]
) -> bool:
    """Whether an unmet edge leads to a parent that ended badly, or that is itself held back for good."""
    if job.id not in known:
        known[job.id] = False
        for edge in parents.get(job.id, ()):
            parent = jobs.get(edge.parent)
            if edge.met is None and parent is not None and _holds_back(parent, edge, jobs, parents, known):
                known[job.id] = True
    return known[job.id]


def _holds_back(
    parent: JobRow,
    edge: EdgeRow,
    jobs: Mapping[UUID, JobRow],
    parents: Mapping[UUID, list[EdgeRow]],
    known: dict[UUID, bool],
) -> bool:
    if parent.state == "blocked":
        return _is_held_back(parent, jobs, parents, known)
    return parent.state in ("failed", "cancelled") and edge.policy != "allow_failed"


def as_its_kind(evidence: Evidence) -> Iterator[str]:
    """What nobody interfered with ends as its handler has it, however often its worker died."""
    children = {edge.child for edge in evidence.edges}
    for job in evidence.jobs:
        kind = KINDS.get(evidence.kinds.get(job.number or 0, ""))
        if kind is None or job.id in evidence.operated or job.id in children and job.state in ("blocked", "cancelled"):
            continue
        if job.state in FINAL and job.state not in kind.expected:
            yield f"job {job.id} ({evidence.kinds[job.number or 0]}) ended {job.state}: {job.reason or 'no reason'}"


def nothing_else(evidence: Evidence) -> Iterator[str]:
    yield from evidence.surprises
