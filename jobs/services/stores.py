"""Operators' verb on Redis as a whole: throw its copy away and make it again from PostgreSQL."""

import time
from dataclasses import dataclass

from jobs.broker import Broker, patient_broker
from jobs.errors import Invalid
from jobs.services import announce, audit
from jobs.services.agreement import Agreement, compare
from jobs.services.audit import Actor
from jobs.services.rebuild import rebuild
from jobs.store import workers

TARGET = "stores:redis"
_PATIENCE = 20.0
_LOOK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """`keys` were deleted; `unfinished` queues are still being rebuilt by another process."""

    before: Agreement
    after: Agreement
    keys: int
    unfinished: list[str]


def flush_and_rebuild(actor: Actor, reason: str) -> Rebuilt:
    """Delete every key of ours in Redis, and bring every queue back. Workers may go on meanwhile: they wait for each
    queue until its copy is complete, or rebuild it themselves.

    It takes about as long as Redis takes to learn every queued job: a second for some tens of thousands.

    Raises:
        Invalid: no reason is given.
        BrokerUnavailable: Redis cannot be reached.
    """
    if not audit.reason_text(reason):
        raise Invalid.field("reason", "say why")
    broker = patient_broker()
    try:
        before = compare(broker)
        # Written before anything is done: what follows must not go unseen if this process ends within it.
        audit.record(actor, "stores.flushed", TARGET, before.shown(), None, reason)
        keys = broker.flush()
        unfinished = _bring_back(broker)
        after = compare(broker)
    finally:
        broker.close()
    told = {**after.shown(), "keys": keys, "unfinished": unfinished}
    audit.record(actor, "stores.rebuilt", TARGET, before.shown(), told, reason)
    announce.happened("queue.rebuilt", actor=actor.name)
    return Rebuilt(before, after, keys, unfinished)


def _bring_back(broker: Broker) -> list[str]:
    """Rebuild every queue that nobody else does. Returns those that are not complete when patience ends."""
    deadline = time.monotonic() + _PATIENCE
    left = list(workers.queue_modes())
    while left:
        left = [queue for queue in left if not broker.is_complete(queue) and not rebuild(broker, queue)]
        if left and time.monotonic() > deadline:
            return left
        if left:
            time.sleep(_LOOK_EVERY)
    return left
