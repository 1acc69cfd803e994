"""The named reports: each one bounded statement over the newest jobs.

Every report looks at jobs submitted in its window, newest first, at most `SCANNED` of them: ids are UUIDv7,
so the window is a range of the primary key, and no other index is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import connection

SCANNED = 500_000
MAX_ROWS = 10_000

Name = Literal["job_throughput", "failures_by_type", "queue_latency"]
Period = Literal["minute", "hour"]


@dataclass(frozen=True, slots=True)
class Report:
    """`truncated`: the window held more jobs, or the report more rows, than are looked at."""

    columns: list[str]
    rows: list[Sequence[Any]]
    scanned: int
    truncated: bool


# The least id that a job of the window can have, with a minute for the clocks of those who make ids.
_FIRST = """
    (lpad(to_hex((extract(epoch from
      statement_timestamp() - %(window)s * interval '1 second' - interval '1 minute') * 1000)::bigint),
      12, '0') || repeat('0', 20))::uuid"""

_NEWEST = f"""
    newest as materialized (
      select id, type, queue, tenant_id, owner_id, state, run_at, created_at, started_at, finished_at, dependency_policy
      from jobs_job where id >= {_FIRST} order by id desc limit %(scanned)s),
    recent as (
      select * from newest
      where created_at >= statement_timestamp() - %(window)s * interval '1 second'
        and (%(tenant)s = '' or tenant_id = %(tenant)s)
        and (%(owner)s::bigint is null or owner_id = %(owner)s::bigint))"""  # noqa: S608 - made of the constant above only

_SCANNED = f"""
    select count(*) from (
      select 1 from jobs_job where id >= {_FIRST} limit %(scanned)s) as found"""  # noqa: S608 - as above

_MINUTES = """'YYYY-MM-DD"T"HH24:MI"Z"'"""

_QUERIES: dict[str, str] = {
    "job_throughput": f"""
        with {_NEWEST}
        select
          to_char(date_trunc(%(period)s, finished_at, 'UTC') at time zone 'UTC', {_MINUTES}) as period,
          type, count(*) as finished,
          count(*) filter (where state = 'succeeded') as succeeded,
          count(*) filter (where state = 'failed') as failed,
          count(*) filter (where state = 'cancelled') as cancelled
        from recent where finished_at is not null
        group by period, type order by period desc, type limit %(rows)s""",  # noqa: S608 - as above
    "failures_by_type": f"""
        with {_NEWEST}
        select r.type, a.outcome, coalesce(a.error_type, '') as error_type, count(*) as attempts,
          count(distinct a.job_id) as jobs,
          to_char(max(a.finished_at) at time zone 'UTC', {_MINUTES}) as last_seen
        from recent r join jobs_attempt a on a.job_id = r.id
        where a.outcome in ('raised', 'timed_out', 'lease_expired')
        group by 1, 2, 3 order by attempts desc, 1, 2, 3 limit %(rows)s""",  # noqa: S608 - as above
    # run_at is when the latest attempt became due; jobs that waited for other jobs say nothing about a queue.
    "queue_latency": f"""
        with {_NEWEST},
        waits as (
          select queue, extract(epoch from started_at - run_at) * 1000 as ms
          from recent where started_at >= run_at and dependency_policy is null)
        select queue, count(*) as started,
          round(percentile_cont(0.50) within group (order by ms)::numeric, 1)::float8 as p50_ms,
          round(percentile_cont(0.95) within group (order by ms)::numeric, 1)::float8 as p95_ms,
          round(percentile_cont(0.99) within group (order by ms)::numeric, 1)::float8 as p99_ms
        from waits group by queue order by queue limit %(rows)s""",  # noqa: S608 - as above
}


def run(name: Name, *, window: float, period: Period, tenant_id: str, owner_id: int | None = None) -> Report:
    """The report `name` over jobs submitted in the last `window` seconds, of one tenant ("": of all), or of one
    user (None: of all).
    """
    parameters: dict[str, str | int | float | None] = {
        "scanned": SCANNED,
        "window": window,
        "tenant": tenant_id,
        "owner": owner_id,
        "period": period,
        "rows": MAX_ROWS + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SCANNED, parameters)
        scanned = cursor.fetchone()[0]
        cursor.execute(_QUERIES[name], parameters)
        columns = [column.name for column in cursor.description]
        rows = cursor.fetchall()
    return Report(columns, rows[:MAX_ROWS], scanned, scanned == SCANNED or len(rows) > MAX_ROWS)
