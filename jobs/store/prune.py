"""Delete finished history in small batches by id range: no statement and no lock lasts long."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from jobs.store import sql

# A job that finished before the cut was made before it, and ids are UUIDv7: so the scan is a range of the
# primary key. The minute allows for the clocks of those who make ids.
_FINISHED = """
      j.id < (lpad(to_hex((extract(epoch from statement_timestamp()
          - %(older_than)s::float8 * interval '1 second' + interval '1 minute') * 1000)::bigint),
        12, '0') || repeat('0', 20))::uuid
      and j.state = any(%(states)s::text[]) and j.state in ('succeeded', 'failed', 'cancelled')
      and j.finished_at < statement_timestamp() - %(older_than)s::float8 * interval '1 second'
      and (%(tenant)s::text is null or j.tenant_id = %(tenant)s::text)"""

# A child that has not succeeded may run (again, by a retry or replay), and then reads what its parents returned.
_UNREAD = """
      not exists (select 1 from jobs_dependency e join jobs_job c on c.id = e.child_id
        where e.parent_id = j.id and c.state <> 'succeeded')"""

_COUNT = f"select count(*) from jobs_job j where {_FINISHED} and {_UNREAD}"

# All that is looked at counts against the limit: those that stay are passed once a walk, not once a batch.
# `_FINISHED` is asked twice, for a replay may come between the look and the lock.
_DELETE = f"""
    with looked as materialized (
      select j.id from jobs_job j where {_FINISHED} and j.id > %(after)s order by j.id limit %(limit)s),
    doomed as materialized (
      select j.id from jobs_job j join looked on looked.id = j.id where {_FINISHED} and {_UNREAD}
      for update of j skip locked),
    attempts as (delete from jobs_attempt a using doomed where a.job_id = doomed.id),
    letters as (delete from jobs_deadletter d using doomed where d.job_id = doomed.id),
    edges as (delete from jobs_dependency e using doomed where e.child_id = doomed.id),
    keys as (delete from jobs_idempotencykey k using doomed where k.job_id = doomed.id),
    gone as (delete from jobs_job j using doomed where j.id = doomed.id returning j.id)
    select (select count(*) from gone),
      (select case when count(*) = %(limit)s then max(id::text)::uuid end from looked)"""

START = UUID(int=0)
"""Where a walk begins."""


class Batch(NamedTuple):
    """How many jobs were deleted, and after which id the walk goes on; None when it is at its end."""

    deleted: int
    last: UUID | None


def finished(
    states: Sequence[str], older_than: float, limit: int, tenant_id: str | None = None, after: UUID = START
) -> Batch:
    """Look at `limit` jobs in final `states` that ended over `older_than` seconds ago, oldest first, and delete them
    but those whose result a job may still read.

    Their attempts, dead letters, edges and idempotency keys go with them. `tenant_id` None means all tenants. A walk
    leaves parents of what it deletes itself to the next one.
    """
    parameters = {**_parameters(states, older_than, tenant_id), "limit": limit, "after": after}
    return Batch(*sql.run(_DELETE, parameters)[0])


def count_finished(states: Sequence[str], older_than: float, tenant_id: str | None = None) -> int:
    """How many jobs one walk of `finished` would delete now."""
    return _number(_COUNT, _parameters(states, older_than, tenant_id))


def _parameters(states: Sequence[str], older_than: float, tenant_id: str | None) -> dict[str, object]:
    return {"states": list(states), "older_than": older_than, "tenant": tenant_id}


def _number(statement: str, parameters: dict[str, object]) -> int:
    return int(sql.run(statement, parameters)[0][0])


_LEFTOVERS = (
    """delete from jobs_idempotencykey where id in (
      select id from jobs_idempotencykey where expires_at < statement_timestamp()
      order by expires_at limit %(limit)s)""",
    """delete from jobs_auditentry where id in (
      select id from jobs_auditentry where at < statement_timestamp() - %(audit)s * interval '1 second'
      order by at limit %(limit)s)""",
    """delete from jobs_statistic where (queue, minute, source) in (
      select queue, minute, source from jobs_statistic
      where minute < statement_timestamp() - %(statistics)s * interval '1 second' order by minute limit %(limit)s)""",
    """delete from jobs_span where (minutes, at, queue) in (
      select minutes, at, queue from jobs_span
      where at < statement_timestamp() - %(statistics)s * interval '1 second' - minutes * interval '1 minute'
      limit %(limit)s)""",
    # A worker's row is wanted for as long as people look for what became of it; its attempts keep its name.
    """delete from jobs_worker where id in (
      select id from jobs_worker w where lease_until < statement_timestamp() - interval '7 days'
        and not exists (select 1 from jobs_job j where j.state = 'running' and j.worker = w.id)
      order by lease_until limit %(limit)s)""",
    """delete from jobs_bulkoperation where id in (
      select id from jobs_bulkoperation where finished_at < statement_timestamp() - %(audit)s * interval '1 second'
      order by finished_at limit %(limit)s)""",
    # No window of a throttle is as long as that.
    """delete from jobs_throttle where key in (
      select key from jobs_throttle where since < statement_timestamp() - interval '2 days'
      order by since limit %(limit)s)""",
)


def leftovers(audit: float, statistics: float, limit: int) -> int:
    """Delete expired keys, audit rows (with operations on many rows) and minutes of statistics older than so many
    seconds, workers long gone and old throttles, at most `limit` of each."""
    deleted = 0
    for statement in _LEFTOVERS:
        query = f"with gone as ({statement} returning 1) select count(*) from gone"
        deleted += _number(query, {"audit": audit, "statistics": statistics, "limit": limit})
    return deleted
