"""Rows of figures: minutes that Redis has counted, and how many live jobs there are of each kind."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jobs import jsontext
from jobs.states import LIVE
from jobs.store import spans, sql
from jobs.tally import SEPARATOR


class Minute(NamedTuple):
    """Counts of one queue within one minute, which began at this Unix time in seconds."""

    queue: str
    at: int
    source: str
    counts: Mapping[str, int]


_KEEP = """
    insert into jobs_statistic as s (queue, minute, source, counts)
    select queue, to_timestamp(at), source, counts::jsonb
    from unnest(%(queues)s::text[], %(ats)s::float8[], %(sources)s::text[], %(counts)s::text[])
      as t(queue, at, source, counts)
    on conflict (queue, minute, source) do update set counts = excluded.counts where s.counts <> excluded.counts"""


def keep(minutes: Sequence[Minute]) -> None:
    """Write each minute as it is now; one that is there already takes its newer counts."""
    if minutes:
        queues, ats, sources, counts = (list(column) for column in zip(*minutes, strict=True))
        texts = [jsontext.encode(one) for one in counts]
        sql.run(_KEEP, {"queues": queues, "ats": [float(at) for at in ats], "sources": sources, "counts": texts})


_LATEST = "select queue, extract(epoch from max(minute))::bigint from jobs_statistic group by queue"
_NOW = "select extract(epoch from clock_timestamp())::float8"


def latest() -> dict[str, int]:
    """Queue -> Unix time in seconds of the last minute that is kept."""
    return {row[0]: row[1] for row in sql.run(_LATEST)}


def clock() -> float:
    """PostgreSQL's clock as a Unix time in seconds."""
    return float(sql.run(_NOW)[0][0])


_SINCE = "now() - %(minutes)s * interval '1 minute'"
_TOGETHER = f"minutes = {spans.MINUTE} and queue = '' and at > {_SINCE}"
# What has no minute of all queues together yet is added up here.
_BY_MINUTE = f"""
    select at, null as queue, null as type, field as name, count::bigint as count
    from jobs_span, jsonb_each(counts) as c(field, count) where {_TOGETHER}
    union all
    select minute, null, null, split_part(field, %(separator)s, 2), sum(count::bigint)::bigint
    from jobs_statistic, jsonb_each(counts) as c(field, count)
    where minute > {_SINCE} and minute not in (select at from jobs_span where {_TOGETHER}) group by 1, 4"""
# Spans that are over where there are some, minutes for what lies before and behind. The last span may yet grow.
_SUMMED = f"""
    with ends as (
      select date_bin('{spans.FIVE} minutes', {_SINCE} + interval '{spans.FIVE} minutes', timestamptz 'epoch') as first,
        coalesce((select max(at) from jobs_span where minutes = {spans.FIVE}), '-infinity') as last),
    rows as (
      select queue, counts from jobs_span, ends where minutes = {spans.FIVE} and at >= first and at < last
      union all
      select queue, counts from jobs_statistic, ends where minute > {_SINCE} and (minute < first or minute >= last)),
    fields as materialized (
      select queue, split_part(field, %(separator)s, 1) as type, split_part(field, %(separator)s, 2) as name,
        count::bigint as count
      from rows, jsonb_each(counts) as c(field, count))
    {_BY_MINUTE}
    union all
    select null, queue, null, name, sum(count)::bigint from fields group by queue, name
    union all
    select null, null, type, name, sum(count)::bigint from fields group by type, name"""


def summed(minutes: int) -> list[sql.Row]:
    """(minute, queue, type, name of the count, its sum) of the last minutes and the present one.

    Three sums of everything, by minute, by queue and by type: what a row is not of, is None. What a minute was told
    late comes to queues and types within a minute.
    """
    return sql.run(_SUMMED, {"minutes": minutes, "separator": SEPARATOR})


def summed_by_minute(minutes: int) -> list[sql.Row]:
    """The first of these three."""
    return sql.run(_BY_MINUTE, {"minutes": minutes, "separator": SEPARATOR})


# Written out, for the planner matches constants with the condition of a partial index.
_LIVE = "(" + ", ".join(f"'{state}'" for state in sorted(LIVE)) + ")"
_COUNT = f"""
    with counted as (
      select queue, type, state, count(*) as count, min(run_at) as oldest from jobs_job where state in {_LIVE}
      group by queue, type, state),
    gone as (
      delete from jobs_depth d
      where not exists (select 1 from counted c where (c.queue, c.type, c.state) = (d.queue, d.type, d.state)))
    insert into jobs_depth (queue, type, state, count, oldest, counted_at)
    select queue, type, state, count, oldest, clock_timestamp() from counted
    on conflict (queue, type, state) do update
      set count = excluded.count, oldest = excluded.oldest, counted_at = excluded.counted_at"""


def count_live() -> None:
    """Count live jobs by queue, type and state. Reads every live row, so its cost grows with what waits."""
    sql.run(_COUNT)
