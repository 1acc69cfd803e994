"""Make Redis agree with PostgreSQL again: after a flush as a whole, and all the time in small steps."""

import logging

from django.db import DatabaseError, InterfaceError

from jobs.broker import Broker
from jobs.models import Queue
from jobs.store import lookout

logger = logging.getLogger(__name__)
_PAGE = 5000


def rebuild(broker: Broker, queue: str) -> bool:
    """Bring a queue back whose copy Redis has lost: its pause first, then every queued id, the epoch last.

    Returns:
        True when this call did it; False when another process does, or a flush overtook it.

    Raises:
        django.db.DatabaseError, django.db.InterfaceError: PostgreSQL went away; the next who looks may begin at once.
        BrokerUnavailable: Redis cannot be reached.
    """
    # PostgreSQL is asked before the lock is taken: without it, nobody should have the lock for 15 s in vain.
    until = lookout.now()
    token = broker.begin_rebuild(queue)
    if token is None:
        return False
    try:
        _restore_pause(broker, queue)
        pushed = _push_all(broker, queue, until)
    except (DatabaseError, InterfaceError):
        broker.leave_rebuild(queue, token)
        raise
    if not broker.finish_rebuild(queue, token):
        return False
    logger.info("rebuilt queue %s in Redis: %d jobs ready", queue, pushed)
    return True


def _restore_pause(broker: Broker, queue: str) -> None:
    row = Queue.objects.filter(name=queue).first()
    if row is None or row.mode == Queue.Mode.OPEN:
        return
    until = int(row.until.timestamp() * 1000) if row.until and row.mode == Queue.Mode.PAUSED else 0
    broker.pause(queue, until)


def _push_all(broker: Broker, queue: str, until: str) -> int:
    """Walk the queued jobs in order of time, a page at a time; those after `until` were pushed by their submitters."""
    pushed = 0
    place: lookout.Place | None = lookout.START
    while place is not None:
        page, place = lookout.queued(place, until, _PAGE, queue)
        broker.push(page)
        broker.continue_rebuild(queue)
        pushed += len(page)
    return pushed
