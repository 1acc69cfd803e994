"""What the scheduler and the reconciler look for. Reads only, bounded."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from jobs.ready import Ready
from jobs.store import columns, sql


class Abandoned(NamedTuple):
    """A running job whose worker's lease has run out. `seconds` since its start, `waited` from being due to that;
    `retry_policy` is JSON text."""

    id: UUID
    attempt: int
    claim: int
    worker: str
    release: str
    tries: int
    max_attempts: int
    retry_policy: str | None
    queue: str
    type: str
    tenant_id: str
    owner_id: int | None
    seconds: float
    waited: float


_ABANDONED = """
    select j.id, j.attempt, j.claim, j.worker, coalesce(w.release, ''), j.tries, j.max_attempts, j.retry_policy::text,
      j.queue, j.type, j.tenant_id, j.owner_id,
      greatest(extract(epoch from clock_timestamp() - j.started_at), 0)::float8,
      greatest(extract(epoch from j.started_at - j.run_at), 0)::float8
    from jobs_job j left join jobs_worker w on w.id = j.worker
    where j.state = 'running' and (w.id is null or w.lease_until < clock_timestamp())
    order by j.run_at limit %(limit)s"""


def abandoned(limit: int) -> list[Abandoned]:
    """Running jobs whose worker is dead by PostgreSQL's clock, or has no row at all."""
    return [Abandoned(*row) for row in sql.run(_ABANDONED, {"limit": limit})]


_LOST = """
    select id from jobs_worker
    where stopped_at is null and lease_until < clock_timestamp()
      and lease_until > clock_timestamp() - %(within)s * interval '1 second' order by id"""


def lost_workers(within: float) -> list[str]:
    """Those whose lease ran out within these seconds, though they never said goodbye."""
    return [row[0] for row in sql.run(_LOST, {"within": within})]


_UPTIME = "select extract(epoch from clock_timestamp() - pg_postmaster_start_time())::float8"


def postgres_uptime() -> float:
    """Seconds since PostgreSQL was (re)started."""
    return float(sql.run(_UPTIME)[0][0])


_NOW = "select (clock_timestamp() - %(ago)s * interval '1 second')::text"


def now(ago: float = 0.0) -> str:
    """PostgreSQL's clock, `ago` seconds back, as its text."""
    return str(sql.run(_NOW, {"ago": ago})[0][0])


class Place(NamedTuple):
    """A place in the walk over queued jobs: after this instant (PostgreSQL's text of it) and, within it, this id."""

    run_at: str
    id: UUID


START = Place("1970-01-01 00:00:00+00", UUID(int=0))
"""Where a walk begins."""

# By the column: `run_at` alone would be the text, for which all that is queued must be read and sorted.
_QUEUED = f"""
    select {sql.READY}, run_at::text from jobs_job
    where state = 'queued' and run_at >= %(run_at)s::timestamptz
      and (run_at, id) > (%(run_at)s::timestamptz, %(id)s) and run_at <= %(until)s::timestamptz
      and queue = coalesce(%(queue)s::text, queue)
    order by jobs_job.run_at, id limit %(limit)s"""


def queued(after: Place, until: str, limit: int, queue: str | None = None) -> tuple[list[Ready], Place | None]:
    """A page of queued jobs due until `until`, oldest first, of one queue or all; and where the next one begins."""
    rows = sql.run(_QUEUED, {"run_at": after.run_at, "id": after.id, "until": until, "limit": limit, "queue": queue})
    return sql.ready(rows), Place(rows[-1][sql.NEXT], rows[-1][0]) if len(rows) == limit else None


_NEWEST = f"""
    select {sql.READY} from jobs_job where state = 'queued' and run_at <= %(until)s::timestamptz
    order by run_at desc, id desc limit %(limit)s"""


def newest_queued(until: str, limit: int) -> list[Ready]:
    """Of the queued jobs due until `until`, those that are due last."""
    return sql.ready(sql.run(_NEWEST, {"until": until, "limit": limit}))


_STILL = f"select {sql.READY} from jobs_job where id = any(%(ids)s::uuid[]) and state = 'queued'"


def still_queued(ids: Sequence[UUID]) -> list[Ready]:
    """Those of `ids` that are queued, as they are now."""
    return sql.ready(sql.run(_STILL, {"ids": columns.array(ids)}))


_TO_CANCEL = """
    select id, attempt from jobs_job
    where state = 'running' and worker = %(worker)s and cancel_requested_at is not null"""


def cancel_requests(worker: str) -> list[tuple[UUID, int]]:
    """What `worker` runs and should stop, as (job id, attempt)."""
    return [(row[0], row[1]) for row in sql.run(_TO_CANCEL, {"worker": worker})]


class DependencyResult(NamedTuple):
    """What a job that another waited for left. `name` is the edge's label or else its type; `result` is JSON text, and
    None when it is in the artifact storage at `artifact`."""

    name: str
    is_label: bool
    result: str | None
    artifact: str | None


_RESULTS = """
    select coalesce(nullif(e.label, ''), j.type), e.label <> '', j.result::text, j.artifact
    from jobs_dependency e join jobs_job j on j.id = e.parent_id where e.child_id = %(id)s order by j.id"""


def dependency_results(job_id: UUID) -> list[DependencyResult]:
    """Of each job that `job_id` waited for."""
    return [DependencyResult(*row) for row in sql.run(_RESULTS, {"id": job_id})]
