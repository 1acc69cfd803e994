"""Look at rows under a lock, before a verb moves them: what they were is what its audit row says."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from jobs.ready import Ready
from jobs.store import sql


class HeldJob(NamedTuple):
    """A job as it was. `payload` is JSON text, and None unless asked for."""

    id: UUID
    queue: str
    type: str
    priority: int
    at: int
    tenant_id: str
    owner_id: int | None
    state: str
    run_at: datetime
    payload: str | None

    @property
    def ready(self) -> Ready:
        """Its place in the hot path, if it is queued."""
        return Ready(*self[:7])


_JOBS = f"""
    select {sql.READY}, state, run_at, case when %(payloads)s then payload::text end
    from jobs_job where id = any(%(ids)s) order by unmet > 0, id for no key update"""


def jobs(ids: Sequence[UUID], *, payloads: bool = False) -> dict[UUID, HeldJob]:
    """Those of `ids` that exist, locked until the transaction ends, in the order of `dependants`."""
    rows = sql.run(_JOBS, {"ids": list(ids), "payloads": payloads})
    return {row[0]: HeldJob(*row) for row in rows}


class HeldLetter(NamedTuple):
    """A dead letter as it was."""

    id: int
    job_id: UUID
    type: str
    queue: str
    fingerprint: str
    error_type: str
    replay_count: int
    tenant_id: str
    owner_id: int | None
    """Of its job; None, too, when that is gone."""


_LETTERS = """
    select d.id, d.job_id, d.type, d.queue, d.fingerprint, d.error_type, d.replay_count, d.tenant_id, j.owner_id
    from jobs_deadletter d left join jobs_job j on j.id = d.job_id
    where d.id = any(%(ids)s) order by d.job_id for update of d"""


def letters(ids: Sequence[int]) -> dict[int, HeldLetter]:
    """Those of `ids` that exist, locked in the order of their jobs until the transaction ends."""
    return {row[0]: HeldLetter(*row) for row in sql.run(_LETTERS, {"ids": list(ids)})}


_DELETE = "delete from jobs_deadletter where id = any(%(ids)s)"


def delete_letters(ids: Sequence[int]) -> None:
    """The jobs stay `failed`."""
    sql.run(_DELETE, {"ids": list(ids)})
