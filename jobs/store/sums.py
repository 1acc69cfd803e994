"""Figures of the last hour or days by time, queue and type: from spans, and where these do not reach, from what they
are made of."""

from collections.abc import Sequence
from datetime import datetime

from jobs.states import FINAL
from jobs.store import spans, sql
from jobs.tally import SEPARATOR

Sum = tuple[datetime | None, str | None, str | None, str, int]
"""(when its minute or span began, queue, type, name of the count, how many); of the first three one is there."""

_LONGER = {
    spans.MINUTE: spans.FIVE,
    spans.FIVE: spans.HOUR,
    spans.HALF_HOUR: spans.QUARTER_DAY,
    spans.HOUR: spans.QUARTER_DAY,
}
"""Queues and types of many rows of one length are read from these spans where they can be; of others, row by row."""
_ROWS = {
    True: "select queue, minute as at, counts from jobs_statistic where minute >= {since}",
    False: "select queue, at, counts from jobs_span where minutes = %(step)s and queue <> '' and at >= {since}",
}
_TOGETHER = "minutes = %(step)s and queue = '' and at >= {since}"
# A minute that is not added up yet is taken as it is.
_BY_TIME = f"""
    select at, null as queue, null as type, field as name, count::bigint as count
    from jobs_span, jsonb_each(counts) as c(field, count) where {_TOGETHER}
    union all
    select at, null, null, split_part(field, %(separator)s, 2), sum(count::bigint)::bigint
    from ({{rows}}) as r, jsonb_each(counts) as c(field, count)
    where at not in (select at from jobs_span where {_TOGETHER}) group by 1, 4"""
# The last of the longer spans may yet grow: it and what is behind it is read from the shorter rows.
_BY_QUEUE_AND_TYPE = """
    with ends as (
      select date_bin(make_interval(mins => %(longer)s),
          {since} + make_interval(mins => %(longer)s) - interval '1 microsecond', timestamptz 'epoch') as first,
        coalesce((select max(at) from jobs_span where minutes = %(longer)s), '-infinity') as last),
    rows as (
      select queue, counts from jobs_span, ends
      where minutes = %(longer)s and queue <> '' and at >= first and at < last
      union all
      select queue, counts from ({rows}) as r, ends where at < first or at >= last),
    fields as materialized (
      select queue, split_part(field, %(separator)s, 1) as type, split_part(field, %(separator)s, 2) as name,
        count::bigint as count
      from rows, jsonb_each(counts) as c(field, count))
    select null, queue, null, name, sum(count)::bigint from fields group by queue, name
    union all
    select null, null, type, name, sum(count)::bigint from fields group by type, name"""
_OF_ONE = """
    with fields as materialized (
      select at, queue, split_part(field, %(separator)s, 1) as type, split_part(field, %(separator)s, 2) as name,
        count::bigint as count
      from ({rows}) as r, jsonb_each(r.counts) as c(field, count)
      where (%(queue)s = '' or queue = %(queue)s)
        and (%(type)s = '' or starts_with(field, %(type)s || %(separator)s)))
    select at, null as queue, null as type, name, sum(count)::bigint as count from fields group by at, name
    union all
    select null, queue, null, name, sum(count)::bigint from fields group by queue, name
    union all
    select null, null, type, name, sum(count)::bigint from fields group by type, name"""
_FLOWS = """
    select queue, extract(epoch from date_trunc('minute', now()) - minute)::int / 60,
      coalesce(sum(count::bigint) filter (where name = 'enqueued'), 0)::bigint,
      coalesce(sum(count::bigint) filter (where name <> 'enqueued'), 0)::bigint
    from jobs_statistic, jsonb_each(counts) as c(field, count), split_part(field, %(separator)s, 2) as name
    where queue = any(%(queues)s) and minute > now() - %(minutes)s * interval '1 minute' and name = any(%(names)s)
    group by queue, minute"""
_LAST = "(date_trunc('minute', now()) - (%(minutes)s - 1) * interval '1 minute')"
_SINCE = "%(since)s::timestamptz"


def of_minutes(minutes: int) -> list[sql.Row]:
    """`Sum`s of the last minutes, the present one included. What came late to a minute comes to the sums of queues and
    types within a minute."""
    return [*by_minute(minutes), *sql.run(_whole(_BY_QUEUE_AND_TYPE, _LAST, True), _values(1, minutes=minutes))]


def by_minute(minutes: int) -> list[sql.Row]:
    """Those of them that have a time."""
    return sql.run(_whole(_BY_TIME, _LAST, True), _values(1, minutes=minutes))


def since(at: datetime, step: int, queue: str = "", type_: str = "") -> list[sql.Row]:
    """`Sum`s from `at` on, by time in steps of so many minutes: one, or the length of a span. Of one queue or one type
    where these are named."""
    of_minutes = step == spans.MINUTE
    if queue or type_:
        return sql.run(_whole(_OF_ONE, _SINCE, of_minutes), {**_values(step, since=at), "queue": queue, "type": type_})
    both = (_whole(statement, _SINCE, of_minutes) for statement in (_BY_TIME, _BY_QUEUE_AND_TYPE))
    return [row for statement in both for row in sql.run(statement, _values(step, since=at))]


def flows(queues: Sequence[str], minutes: int) -> list[sql.Row]:
    """(queue, minutes ago, jobs that came in, jobs that ended) of each of the last minutes in which something did."""
    names = ["enqueued", *(f"state.{state}" for state in sorted(FINAL))]
    return sql.run(_FLOWS, {"queues": list(queues), "minutes": minutes, "names": names, "separator": SEPARATOR})


def _whole(statement: str, begin: str, of_minutes: bool) -> str:
    return statement.format(rows=_ROWS[of_minutes].format(since=begin), since=begin)


def _values(step: int, **begin: datetime | int) -> dict[str, object]:
    return {"step": step, "longer": _LONGER.get(step, step), "separator": SEPARATOR, **begin}
