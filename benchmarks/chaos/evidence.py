"""Everything that was seen of a run, as plain values: rows of PostgreSQL, the ledger, what clients were told."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from benchmarks.chaos.journal import Wish
from benchmarks.chaos.ledger import Line

_REVIVING = {"job.retried", "job.replayed"}


class JobRow(NamedTuple):
    """`number` is the one in its payload; None for a job that no client of ours can have made."""

    id: UUID
    number: int | None
    state: str
    attempt: int
    tries: int
    max_attempts: int
    unmet: int
    reason: str | None
    key: str | None
    created: float


class AttemptRow(NamedTuple):
    """Times are Unix times, by PostgreSQL's clock."""

    job: UUID
    number: int
    outcome: str
    worker: str
    fenced: bool
    started: float
    finished: float
    error: str | None


class EdgeRow(NamedTuple):
    """`met` is the Unix time at which it was met, or None."""

    parent: UUID
    child: UUID
    policy: str
    met: float | None


class WorkerRow(NamedTuple):
    id: str
    pid: int
    started: float
    settled: int
    fenced: int


@dataclass(slots=True, kw_only=True)
class Evidence:
    """`kinds` maps numbers to the kinds of `orders.KINDS`; `operated` jobs to the verbs in the audit; `duties` names
    to the rows that each moved or healed; `verbs` are what operators did and how much it moved; `surprises` are
    sentences about what should never have been seen.
    """

    kinds: Mapping[int, str] = field(default_factory=dict)
    wishes: Mapping[UUID, Wish] = field(default_factory=dict)
    jobs: list[JobRow] = field(default_factory=list)
    attempts: list[AttemptRow] = field(default_factory=list)
    edges: list[EdgeRow] = field(default_factory=list)
    keys: list[tuple[str, UUID]] = field(default_factory=list)
    letters: list[UUID] = field(default_factory=list)
    workers: list[WorkerRow] = field(default_factory=list)
    ledger: list[Line] = field(default_factory=list)
    operated: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    duties: Mapping[str, int] = field(default_factory=dict)
    verbs: list[tuple[str, int]] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    def revived(self, job_id: UUID) -> bool:
        """Whether an operator took the job out of a final state."""
        return bool(self.operated.get(job_id, frozenset()) & _REVIVING)


def by_child(edges: Sequence[EdgeRow]) -> dict[UUID, list[EdgeRow]]:
    found: dict[UUID, list[EdgeRow]] = defaultdict(list)
    for edge in edges:
        found[edge.child].append(edge)
    return found


def by_job(attempts: Sequence[AttemptRow]) -> dict[UUID, list[AttemptRow]]:
    found: dict[UUID, list[AttemptRow]] = defaultdict(list)
    for one in attempts:
        found[one.job].append(one)
    return found
