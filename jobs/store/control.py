"""Rows that steer: modes of queues and workers. Each verb is one guarded UPDATE that says what was before."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from jobs.store import sql


class QueueMode(NamedTuple):
    """How a queue is steered. `until` ends a pause by itself."""

    mode: str
    until: datetime | None
    by: str
    why: str


_HOLD_QUEUE = "select mode, until, by, why from jobs_queue where name = %(name)s for no key update"
_QUEUE = "select mode, until, by, why from jobs_queue where name = %(name)s"
_STEER_QUEUE = """
    update jobs_queue set mode = %(mode)s, until = %(until)s, by = %(by)s, why = %(why)s,
      changed_at = clock_timestamp()
    where name = %(name)s"""


def hold_queue(name: str) -> QueueMode | None:
    """A queue's row, locked until the transaction ends; None when there is no such queue."""
    rows = sql.run(_HOLD_QUEUE, {"name": name})
    return QueueMode(*rows[0]) if rows else None


def queue(name: str) -> QueueMode | None:
    rows = sql.run(_QUEUE, {"name": name})
    return QueueMode(*rows[0]) if rows else None


def steer_queue(name: str, new: QueueMode) -> None:
    sql.run(_STEER_QUEUE, {"name": name, **new._asdict()})


_IS_AHEAD = "select %(at)s > clock_timestamp()"


def is_ahead(at: datetime) -> bool:
    """Whether a time is still to come, by PostgreSQL's clock."""
    return bool(sql.run(_IS_AHEAD, {"at": at})[0][0])


_RESUME_DUE = """
    with due as (
      select name, until from jobs_queue where mode = 'paused' and until <= clock_timestamp()
      order by name for no key update)
    update jobs_queue set mode = 'open', until = null, by = '', why = '', changed_at = clock_timestamp()
    from due where jobs_queue.name = due.name returning due.name, due.until"""


def resume_due() -> list[tuple[str, datetime]]:
    """End pauses whose time has passed; the queues and when their pauses were to end."""
    return [(row[0], row[1]) for row in sql.run(_RESUME_DUE)]


_HOLD_WORKER = """
    select mode, stopped_at is null and lease_until > clock_timestamp() from jobs_worker
    where id = %(id)s for no key update"""
_STEER_WORKER = "update jobs_worker set mode = %(mode)s where id = %(id)s"


def hold_worker(worker: str) -> tuple[str, bool] | None:
    """(mode, whether it lives) of a worker, its row locked; None when there is no such worker."""
    rows: Sequence[sql.Row] = sql.run(_HOLD_WORKER, {"id": worker})
    return (rows[0][0], rows[0][1]) if rows else None


def steer_worker(worker: str, mode: str) -> None:
    sql.run(_STEER_WORKER, {"id": worker, "mode": mode})
