"""Operators' verbs on jobs: cancel, retry, and changes of what waits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from jobs import envelope
from jobs.conf import options
from jobs.envelope import Problems
from jobs.errors import Conflict, FlowbitError, Invalid
from jobs.news import News
from jobs.registry import registry
from jobs.services import announce, audit, replaced
from jobs.services.audit import Actor, Change
from jobs.services.steered import Steered, distinct, missing
from jobs.states import FINAL, WAITING, State, sources
from jobs.store import dependants, hold, insert, moves
from jobs.store.hold import HeldJob


@dataclass(frozen=True, slots=True)
class Changes:
    """What an edit changes; None keeps what is there. `payload` replaces the whole payload."""

    priority: int | None = None
    queue: str | None = None
    run_at: datetime | None = None
    payload: Mapping[str, Any] | None = None

    def stored(self) -> dict[str, Any]:
        """Everything but the payload, checked. Raises Invalid."""
        problems = Problems()
        checks: dict[str, Callable[[], Any]] = {
            "priority": partial(envelope.check_priority, self.priority),
            "queue": partial(envelope.check_queue, self.queue),
            "run_at": partial(envelope.check_run_at, self.run_at),
        }
        found = {name: problems.take(name, check) for name, check in checks.items() if getattr(self, name) is not None}
        problems.raise_any()
        return found


def cancel(ids: Sequence[UUID], actor: Actor, reason: str = "") -> Steered[UUID]:
    """End what waits, ask what runs to stop. Final jobs are refused."""
    asked = distinct(ids)
    with transaction.atomic():
        dependants.lock_to_cancel(asked)
        held = hold.jobs(asked)
        result = _refuse(asked, held, set(FINAL), "cancelled")
        why = f"cancelled by {actor.name}" + (f": {audit.reason_text(reason)}" if reason.strip() else "")
        done = moves.cancel(result.moved, why)
        running = {job_id for job_id, _ in done.asked}
        result.asked = [job_id for job_id in result.moved if job_id in running]
        result.followed = len(done.ended) + len(running) - len(result.moved)
        audit.record_many(actor, [_cancelled(held[job_id], job_id in running) for job_id in result.moved], reason)
        announce.ended(done.ended, actor.name)
        announce.freed(done.ready, done.held_back)
        announce.news(News.of("job.cancel_requested", [held[one] for one in result.asked], actor.name))
        announce.stop_running(done.asked)
    return result


def _cancelled(job: HeldJob, running: bool) -> Change:
    verb, state = ("job.cancel_requested", job.state) if running else ("job.cancelled", State.CANCELLED.value)
    return Change(verb, f"job:{job.id}", {"state": job.state}, {"state": state})


def retry(ids: Sequence[UUID], actor: Actor, reason: str = "") -> Steered[UUID]:
    """Run failed and cancelled jobs again, with a fresh budget; others are refused."""
    asked = distinct(ids)
    with transaction.atomic():
        held = hold.jobs(asked)
        result = _refuse(asked, held, set(State) - {State(name) for name in sources(State.BLOCKED)}, "retried")
        moved, ready = moves.retry(result.moved, moves.Overrides())
        queued = {job.id for job in ready}
        audit.record_many(actor, [_retried(held[job_id], job_id in queued) for job_id in moved], reason)
        announce.ready(ready, news=News.of("job.retried", [held[job_id] for job_id in moved], actor.name))
    return result


def _retried(job: HeldJob, queued: bool) -> Change:
    state = State.QUEUED if queued else State.BLOCKED
    return Change("job.retried", f"job:{job.id}", {"state": job.state}, {"state": state.value})


def edit(ids: Sequence[UUID], actor: Actor, changes: Changes, reason: str = "") -> Steered[UUID]:
    """Change jobs that wait. Running and final ones are refused, and those whose handler refuses the payload.

    Raises:
        Invalid: a value is wrong whatever the job, or nothing is to be changed.
    """
    stored = changes.stored()
    if not stored and changes.payload is None:
        raise Invalid("nothing is to be changed")
    asked = distinct(ids)
    with transaction.atomic():
        held = hold.jobs(asked, payloads=changes.payload is not None)
        result = _refuse(asked, held, set(State) - WAITING, "changed")
        groups = _by_payload(result, held, changes.payload)
        if "queue" in stored and result.moved:
            insert.add_queues([stored["queue"]])
        for payload, group in groups.items():
            _edit_group(group, held, stored if payload is None else {**stored, "payload": payload}, actor, reason)
    return result


def _by_payload(
    result: Steered[UUID], held: Mapping[UUID, HeldJob], payload: Mapping[str, Any] | None
) -> dict[str | None, list[UUID]]:
    """Ids by the payload's text as their handler stores it; those of types that refuse it leave `moved`."""
    if payload is None:
        return {None: result.moved} if result.moved else {}
    by_type: dict[str, str | FlowbitError] = {}
    groups: dict[str | None, list[UUID]] = {}
    for job_id in result.moved:
        type_ = held[job_id].type
        if type_ not in by_type:
            by_type[type_] = _checked(type_, payload)
        found = by_type[type_]
        if isinstance(found, FlowbitError):
            result.refused[job_id] = found
        else:
            groups.setdefault(found, []).append(job_id)
    result.moved = [job_id for job_id in result.moved if job_id not in result.refused]
    return groups


def _checked(type_: str, payload: Mapping[str, Any]) -> str | FlowbitError:
    try:
        return envelope.check_payload(registry.get(type_), payload, options())[0]
    except Invalid as error:
        return error


def _edit_group(
    ids: list[UUID], held: Mapping[UUID, HeldJob], stored: dict[str, Any], actor: Actor, reason: str
) -> None:
    edited = moves.edit(ids, stored)
    verb = "job.priority_changed" if set(stored) == {"priority"} else "job.edited"
    changes = [
        Change(verb, f"job:{job.id}", replaced.before(held[job.id], stored), replaced.after(stored))
        for job, _ in edited
    ]
    audit.record_many(actor, changes, reason)
    # First out of the old lanes, then into the new ones: a change of queue must not leave the id in both.
    announce.gone([held[job.id].ready for job, _ in edited if held[job.id].state == State.QUEUED])
    told = News.of(verb, [job for job, _ in edited], actor.name)
    announce.ready([job for job, state in edited if state == State.QUEUED], news=told)


def _refuse(asked: Sequence[UUID], held: Mapping[UUID, HeldJob], states: set[State], participle: str) -> Steered[UUID]:
    """Those in one of `states` are refused; the others are in `moved`, to be moved by the caller."""
    result = Steered[UUID](refused=missing(asked, held, "job"))
    for job_id in asked:
        if job_id in held and held[job_id].state in states:
            problem = f"job {job_id} is {held[job_id].state} and cannot be {participle}"
            result.refused[job_id] = Conflict(problem, {"state": [held[job_id].state]})
        elif job_id in held:
            result.moved.append(job_id)
    return result
