"""Operators' verbs on dead letters: replay and delete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from jobs import envelope, jsontext
from jobs.conf import options
from jobs.envelope import Problems
from jobs.errors import Conflict, FlowbitError, Invalid
from jobs.news import News
from jobs.ready import Ready
from jobs.registry import registry
from jobs.services import announce, audit, replaced
from jobs.services.audit import Actor, Change
from jobs.services.steered import Steered, distinct, missing
from jobs.states import State
from jobs.store import hold, insert, moves
from jobs.store.hold import HeldJob, HeldLetter

RATES = (0.001, 10_000)
"""Replayed jobs per second, least and most."""


class Why(NamedTuple):
    """Who replays, and for what reason."""

    actor: Actor
    reason: str


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a replay changes; None keeps the job's own."""

    queue: str | None = None
    priority: int | None = None
    type: str | None = None
    payload: Mapping[str, Any] | None = None

    def stored(self) -> dict[str, Any]:
        """Queue, priority and type, checked. Raises Invalid."""
        problems = Problems()
        found: dict[str, Any] = {}
        if self.queue is not None:
            found["queue"] = problems.take("queue", lambda: envelope.check_queue(self.queue))
        if self.priority is not None:
            found["priority"] = problems.take("priority", lambda: envelope.check_priority(self.priority))
        if self.type is not None:
            found["type"] = registry.get(self.type).type
        problems.raise_any()
        return found


def replay(
    ids: Sequence[int],
    actor: Actor,
    overrides: Overrides | None = None,
    reason: str = "",
    rate: float | None = None,
) -> Steered[int]:
    """Queue the jobs of dead letters again, with a fresh budget. The letters stay and count their replays.

    With a `rate`, at most so many a second become ready: in the order asked, each is scheduled for its time.
    Refused are letters whose job is not `failed` any more, and those whose payload the handler would refuse.

    Raises:
        Invalid: an override is wrong whatever the job, or the rate.
    """
    overrides = overrides or Overrides()
    stored = overrides.stored()
    check_rate(rate)
    asked = distinct(ids)
    with transaction.atomic():
        letters = hold.letters(asked)
        checked = overrides.payload is not None or overrides.type is not None
        jobs = hold.jobs([letter.job_id for letter in letters.values()], payloads=checked)
        result = _refuse(asked, letters, jobs)
        groups = _by_payload(result, letters, jobs, overrides) if checked else {None: list(result.moved)}
        if "queue" in stored and result.moved:
            insert.add_queues([stored["queue"]])
        delays = {letters[key].job_id: number / rate for number, key in enumerate(result.moved)} if rate else {}
        for payload, group in groups.items():
            changed = stored if payload is None else {**stored, "payload": payload}
            _replay_group([letters[key] for key in group], jobs, changed, delays, Why(actor, reason))
    return result


def check_rate(rate: float | None) -> None:
    """Raises Invalid unless it is none, or jobs per second within the bounds."""
    low, high = RATES
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int | float) or not low <= rate <= high):
        raise Invalid.field("rate", f"must be from {low} to {high} a second")


def _refuse(asked: Sequence[int], letters: Mapping[int, HeldLetter], jobs: Mapping[UUID, HeldJob]) -> Steered[int]:
    result = Steered[int](refused=missing(asked, letters, "dead letter"))
    for key in asked:
        job = jobs.get(letters[key].job_id) if key in letters else None
        if job is not None and job.state == State.FAILED:
            result.moved.append(key)
        elif key in letters:
            state = "gone" if job is None else job.state
            problem = f"job {letters[key].job_id} is {state} and cannot be replayed"
            result.refused[key] = Conflict(problem, {"state": [state]})
    return result


def _by_payload(
    result: Steered[int],
    letters: Mapping[int, HeldLetter],
    jobs: Mapping[UUID, HeldJob],
    overrides: Overrides,
) -> dict[str | None, list[int]]:
    """Letters by the payload's text as their handler will store it; those it refuses leave `moved`."""
    groups: dict[str | None, list[int]] = {}
    for key in result.moved:
        found = _checked(jobs[letters[key].job_id], overrides)
        if isinstance(found, FlowbitError):
            result.refused[key] = found
        else:
            groups.setdefault(found, []).append(key)
    result.moved = [key for key in result.moved if key not in result.refused]
    return groups


def _checked(job: HeldJob, overrides: Overrides) -> str | FlowbitError:
    payload = overrides.payload if overrides.payload is not None else jsontext.decode(job.payload or "{}")
    try:
        return envelope.check_payload(registry.get(overrides.type or job.type), payload, options())[0]
    except Invalid as error:
        return error


def _replay_group(
    letters: Sequence[HeldLetter],
    jobs: Mapping[UUID, HeldJob],
    changed: Mapping[str, Any],
    delays: Mapping[UUID, float],
    why: Why,
) -> None:
    ids = [letter.job_id for letter in letters]
    # The payload was checked against the schema of the type that it goes to.
    version = registry.get(changed["type"]).schema_version if "type" in changed else None
    moved, ready = moves.retry(ids, moves.Overrides(**changed, schema_version=version), State.FAILED, delays)
    moves.count_replay(moved)
    queued = {job.id for job in ready}
    changes = []
    for letter in letters:
        later = State.SCHEDULED if delays.get(letter.job_id) else State.BLOCKED
        state = State.QUEUED if letter.job_id in queued else later
        before = {"state": "failed", **replaced.before(jobs[letter.job_id], changed)}
        after = {"state": state.value, "replay": letter.replay_count + 1, **replaced.after(changed)}
        changes.append(Change("job.replayed", f"job:{letter.job_id}", before, after))
    audit.record_many(why.actor, changes, why.reason)
    announce.ready(ready, news=News.of("job.replayed", [jobs[job_id] for job_id in moved], why.actor.name))


def payload_problems(type_name: str, payload: Any) -> Mapping[str, Sequence[str]]:
    """What a replay would refuse in this payload, by field as `payload.to`; nothing when it would be taken."""
    try:
        envelope.check_payload(registry.get(type_name), payload, options())
    except Invalid as error:
        return error.details or {"payload": [error.message]}
    return {}


def delete(ids: Sequence[int], actor: Actor, reason: str = "") -> Steered[int]:
    """Delete dead letters; their jobs stay `failed`."""
    asked = distinct(ids)
    with transaction.atomic():
        letters = hold.letters(asked)
        result = Steered[int]([key for key in asked if key in letters], missing(asked, letters, "dead letter"))
        hold.delete_letters(result.moved)
        audit.record_many(actor, [_deleted(letters[key]) for key in result.moved], reason)
        announce.news(News.of("job.dead_letter_deleted", [_job(letters[key]) for key in result.moved], actor.name))
    return result


def _job(letter: HeldLetter) -> Ready:
    return Ready(letter.job_id, letter.queue, letter.type, 0, 0, letter.tenant_id, letter.owner_id)


def _deleted(letter: HeldLetter) -> Change:
    kept = {"type": letter.type, "queue": letter.queue, "error_type": letter.error_type}
    before = {**kept, "fingerprint": letter.fingerprint, "replay_count": letter.replay_count}
    return Change("job.dead_letter_deleted", f"job:{letter.job_id}", before)
