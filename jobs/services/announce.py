"""After a commit: tell Redis what became ready, was taken out, or changed. Never an error to the caller.

What Redis does not hear now, the reconciler tells it later.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from uuid import UUID

from django.db import InterfaceError, OperationalError

from jobs.broker import Broker, submit_broker
from jobs.errors import BrokerUnavailable
from jobs.news import News, Told
from jobs.ready import Ready
from jobs.states import State
from jobs.store import sql
from jobs.tally import Tally

logger = logging.getLogger(__name__)


def after_commit(action: Callable[[Broker], object]) -> None:
    """Run `action` with the broker once the caller's transaction is committed (at once, outside of one)."""

    def tell() -> None:
        try:
            action(submit_broker())
        except (BrokerUnavailable, OperationalError, InterfaceError) as error:
            logger.warning("not told to Redis now, the reconciler will: %s", error)

    _once_committed(tell)


def _once_committed(tell: Callable[[], None]) -> None:
    """After the transaction, if there is one. Who has no connection to PostgreSQL is in none, and asks for none: it
    may be away. `tell` is a function, not a partial: Django wants the name of one that fails.
    """
    own = sql.connection()
    if own.connection is None:
        tell()
    else:
        own.on_commit(tell, robust=True)


def ready(jobs: Sequence[Ready], *, counted: str = "", tally: Tally | None = None, news: News | None = None) -> None:
    """These may run now; `counted` names what happened to them, `tally` counts what else did, `news` tell it to
    those who listen.
    """
    if jobs or tally or news:
        after_commit(lambda broker: broker.push(jobs, counted=counted, tally=tally, news=news))


def news(told: News) -> None:
    """Something happened that only listeners care for: when Redis is away, nobody needs to know."""
    if not told:
        return

    def tell() -> None:
        with suppress(BrokerUnavailable):
            submit_broker().push([], news=told)

    _once_committed(tell)


def happened(kind: str, *, queue: str = "", name: str = "", actor: str = "") -> None:
    """Something happened to what is no job: to a queue, or to the worker or scheduler of this name."""
    news(News(Told(kind, queue=queue, name=name, actor=actor)))


def gone(jobs: Sequence[Ready]) -> None:
    """These wait no longer, or wait elsewhere."""
    if jobs:
        after_commit(lambda broker: broker.remove(jobs))


def ended(jobs: Sequence[Ready], actor: str = "") -> None:
    """These were cancelled while they waited."""
    tally = Tally()
    for job in jobs:
        tally.add(job.queue, job.type, f"state.{State.CANCELLED}")
    gone(jobs)
    ready([], tally=tally, news=News.of("job.cancelled", jobs, actor))


def freed(jobs: Sequence[Ready], held_back: Sequence[Ready] = ()) -> None:
    """What these waited for has ended: they may run now, or (`held_back`) stay, for it did not succeed."""
    told = News.of("job.unblocked", jobs)
    told.add("job.dependency_failed", held_back)
    ready(jobs, news=told)


def stop_running(asked: Sequence[tuple[UUID, str]]) -> None:
    """Workers should stop these (job id, worker) at once; they would learn it at their next heartbeat."""
    for job_id, worker in asked:
        after_commit(partial(_signal, worker=worker, message=f"cancel {job_id}"))


def _signal(broker: Broker, *, worker: str, message: str) -> None:
    broker.signal(worker, message)


def tell_worker(worker: str, message: str) -> None:
    after_commit(partial(_signal, worker=worker, message=message))
