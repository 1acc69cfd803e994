"""Operators' verbs on queues: create, pause, resume, drain."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from jobs import envelope
from jobs.broker import Broker
from jobs.envelope import Problems
from jobs.errors import Conflict, Invalid, NotFound
from jobs.models import Queue
from jobs.services import announce, audit
from jobs.services.audit import Actor, Change
from jobs.store import control, insert
from jobs.store.control import QueueMode as QueueMode  # what the verbs give

OPEN = QueueMode(Queue.Mode.OPEN.value, None, "", "")


def create(name: str, actor: Actor, reason: str = "") -> QueueMode:
    """Make a queue before its first job. Raises Invalid (no queue has such a name), Conflict (it is there)."""
    problems = Problems()
    problems.take("name", envelope.check_queue, name)
    problems.raise_any()
    with transaction.atomic():
        if not insert.add_queues([name]):
            raise Conflict(f"queue {name} is there already", {"name": ["is taken"]})
        audit.record(actor, "queue.created", f"queue:{name}", None, _shown(OPEN), reason)
        announce.happened("queue.created", queue=name, actor=actor.name)
    return OPEN


def pause(name: str, actor: Actor, until: datetime | None = None, reason: str = "") -> QueueMode:
    """Claim nothing from a queue, until a time or until `resume`. A pause may be changed by another one.

    Raises:
        NotFound: no job was ever in a queue of that name.
        Invalid: `until` is not ahead.
    """
    if until is not None:
        _check_ahead(until)
    new = QueueMode(Queue.Mode.PAUSED.value, until, actor.name, audit.reason_text(reason))
    return _steer(name, actor, "queue.paused", new, lambda old: None)


def resume(name: str, actor: Actor, reason: str = "") -> QueueMode:
    """End a pause or a drain. Raises NotFound, Conflict (the queue is open)."""
    return _steer(name, actor, "queue.resumed", OPEN, _refuse_mode(OPEN.mode), reason)


def drain(name: str, actor: Actor, reason: str = "") -> QueueMode:
    """Finish what runs, claim nothing more, until `resume`. Raises NotFound, Conflict (it drains already)."""
    new = QueueMode(Queue.Mode.DRAINING.value, None, actor.name, audit.reason_text(reason))
    return _steer(name, actor, "queue.drained", new, _refuse_mode(new.mode))


def resume_due() -> list[str]:
    """End pauses whose time has passed; returns the queues. For the scheduler."""
    with transaction.atomic():
        due = control.resume_due()
        changes = [
            Change(
                "queue.resumed",
                f"queue:{name}",
                {"mode": "paused", "until": until.isoformat()},
                {"mode": "open"},
            )
            for name, until in due
        ]
        audit.record_many(Actor.system(), changes, "the pause was until then")
        for name, _ in due:
            announce.after_commit(partial(tell, name=name))
            announce.happened("queue.resumed", queue=name)
    return [name for name, _ in due]


def tell(broker: Broker, name: str) -> None:
    """Bring the truth about a queue's mode to Redis.

    Read afresh, after the commit: of two verbs at the same moment, the later commit counts.
    """
    until = _paused_until(name)
    if until is None:
        broker.resume(name)
    else:
        broker.pause(name, until)


def agree(broker: Broker, name: str) -> bool:
    """Bring the truth to Redis if another is there. Returns whether that was so: a verb's own word was lost."""
    there = broker.paused_until(name)
    if there == _paused_until(name):
        return False
    tell(broker, name)
    return True


def _paused_until(name: str) -> int | None:
    """In Redis' words: milliseconds, 0 for a pause without an end, None for an open queue."""
    row = control.queue(name)
    if row is None or row.mode == Queue.Mode.OPEN:
        return None
    return int(row.until.timestamp() * 1000) if row.until else 0


def _steer(
    name: str, actor: Actor, verb: str, new: QueueMode, refuse: Callable[[str], str | None], reason: str = ""
) -> QueueMode:
    with transaction.atomic():
        old = control.hold_queue(_checked(name))
        if old is None:
            raise NotFound(f"there is no queue {name}")
        if problem := refuse(old.mode):
            raise Conflict(f"queue {name} {problem}", {"mode": [old.mode]})
        control.steer_queue(name, new)
        audit.record(actor, verb, f"queue:{name}", _shown(old), _shown(new), reason or new.why)
        announce.after_commit(partial(tell, name=name))
        announce.happened(verb, queue=name, actor=actor.name)
    return new


def _checked(name: str) -> str:
    """A name that no queue can have is no queue's, and some of them PostgreSQL would refuse to read."""
    problems = Problems()
    problems.take("queue", lambda: envelope.check_queue(name))
    if problems.found:
        raise NotFound("there is no such queue")
    return name


def _refuse_mode(mode: str) -> Callable[[str], str | None]:
    return lambda old: f"is {mode} already" if old == mode else None


def _check_ahead(until: datetime) -> None:
    problems = Problems()
    problems.take("until", partial(envelope.check_run_at, until))
    problems.raise_any()
    if not control.is_ahead(until):
        raise Invalid.field("until", "must be ahead")


def _shown(mode: QueueMode) -> dict[str, Any]:
    shown: dict[str, Any] = {"mode": mode.mode}
    if mode.until:
        shown["until"] = mode.until.isoformat()
    return shown
