"""After a commit: tell Redis what became ready, was taken out, or changed. Never an error to the caller.

What Redis does not hear now, the reconciler tells it later.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from jobs.broker import Broker, submit_broker
from jobs.errors import BrokerUnavailable
from jobs.ready import Ready
from jobs.states import State
from jobs.tally import Tally

logger = logging.getLogger(__name__)


def after_commit(action: Callable[[Broker], object]) -> None:
    """Run `action` with the broker once the caller's transaction is committed (at once, outside of one)."""

    def tell() -> None:
        try:
            action(submit_broker())
        except (BrokerUnavailable, OperationalError, InterfaceError) as error:
            logger.warning("not told to Redis now, the reconciler will: %s", error)

    # A function, not a partial: Django wants the name of one that fails.
    transaction.on_commit(tell, robust=True)


def ready(jobs: Sequence[Ready], *, counted: str = "", tally: Tally | None = None) -> None:
    """These may run now; `counted` names what happened to them, `tally` tells what else did."""
    if jobs or tally:
        after_commit(lambda broker: broker.push(jobs, counted=counted, tally=tally))


def gone(jobs: Sequence[Ready]) -> None:
    """These wait no longer, or wait elsewhere."""
    if jobs:
        after_commit(lambda broker: broker.remove(jobs))


def ended(jobs: Sequence[Ready]) -> None:
    """These were cancelled while they waited."""
    tally = Tally()
    for job in jobs:
        tally.add(job.queue, job.type, f"state.{State.CANCELLED}")
    gone(jobs)
    ready([], tally=tally)


def stop_running(asked: Sequence[tuple[UUID, str]]) -> None:
    """Workers should stop these (job id, worker) at once; they would learn it at their next heartbeat."""
    for job_id, worker in asked:
        after_commit(partial(_signal, worker=worker, message=f"cancel {job_id}"))


def _signal(broker: Broker, *, worker: str, message: str) -> None:
    broker.signal(worker, message)


def tell_worker(worker: str, message: str) -> None:
    after_commit(partial(_signal, worker=worker, message=message))
