"""Figures of the last hour or days by time, queue and type: from spans, and where these do not reach, from what they
are made of."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from jobs import jsontext
from jobs.states import FINAL
from jobs.store import spans, sql
from jobs.tally import SEPARATOR, Counts


class Sum(NamedTuple):
    """`at` is when its minute or span began. Of the first three one is there."""

    at: datetime | None
    queue: str | None
    type: str | None
    counts: Counts


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
    select at, null, null, counts from jobs_span where {_TOGETHER}
    union all
    select at, null, null, jsonb_object_agg(name, count) from (
      select at, split_part(field, %(separator)s, 2) as name, sum(count::bigint) as count
      from ({{rows}}) as r, jsonb_each(counts) as c(field, count)
      where at not in (select at from jobs_span where {_TOGETHER}) group by 1, 2) as added
    group by at"""
# Added up over time before fields are taken apart: they are many times fewer then.
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
      select queue, split_part(field, %(separator)s, 1) as type, split_part(field, %(separator)s, 2) as name, count
      from (
        select queue, field, sum(count::bigint) as count from rows, jsonb_each(counts) as c(field, count)
        group by queue, field) as added)"""
_OF_ONE = """
    with fields as materialized (
      select at, queue, split_part(field, %(separator)s, 1) as type, split_part(field, %(separator)s, 2) as name,
        count::bigint as count
      from ({rows}) as r, jsonb_each(r.counts) as c(field, count)
      where (%(queue)s = '' or queue = %(queue)s)
        and (%(type)s = '' or starts_with(field, %(type)s || %(separator)s)))"""
_TIMES, _QUEUES, _TYPES = (
    f"""
    select {columns}, jsonb_object_agg(name, count)
    from (select {by}, name, sum(count) as count from fields group by {by}, name) as added group by {by}"""
    for by, columns in (("at", "at, null, null"), ("queue", "null, queue, null"), ("type", "null, null, type"))
)
_BY_QUEUE_AND_TYPE += f"{_QUEUES} union all {_TYPES}"
_OF_ONE += f"{_TIMES} union all {_QUEUES} union all {_TYPES}"
_FLOWS = """
    select queue, extract(epoch from date_trunc('minute', now()) - minute)::int / 60,
      coalesce(sum(count::bigint) filter (where name = 'enqueued'), 0)::bigint,
      coalesce(sum(count::bigint) filter (where name <> 'enqueued'), 0)::bigint
    from jobs_statistic, jsonb_each(counts) as c(field, count), split_part(field, %(separator)s, 2) as name
    where queue = any(%(queues)s) and minute > now() - %(minutes)s * interval '1 minute' and name = any(%(names)s)
    group by queue, minute"""
_LAST = "(date_trunc('minute', now()) - (%(minutes)s - 1) * interval '1 minute')"
_SINCE = "%(since)s::timestamptz"


def of_minutes(minutes: int) -> list[Sum]:
    """Of the last minutes, the present one included."""
    return [*by_minute(minutes), *by_queue_and_type(minutes)]


def by_minute(minutes: int) -> list[Sum]:
    """Those of them that have a time."""
    return _run(_BY_TIME, _LAST, 1, minutes=minutes)


def by_queue_and_type(minutes: int) -> list[Sum]:
    """The others. What came late to a minute comes to these within a minute."""
    return _run(_BY_QUEUE_AND_TYPE, _LAST, 1, minutes=minutes)


def since(at: datetime, step: int, queue: str = "", type_: str = "") -> list[Sum]:
    """From `at` on, by time in steps of so many minutes: one, or the length of a span. Of one queue or one type where
    these are named."""
    if queue or type_:
        return _run(_OF_ONE, _SINCE, step, since=at, queue=queue, type=type_)
    return [row for statement in (_BY_TIME, _BY_QUEUE_AND_TYPE) for row in _run(statement, _SINCE, step, since=at)]


def flows(queues: Sequence[str], minutes: int) -> list[sql.Row]:
    """(queue, minutes ago, jobs that came in, jobs that ended) of each of the last minutes in which something did."""
    names = ["enqueued", *(f"state.{state}" for state in sorted(FINAL))]
    return sql.run(_FLOWS, {"queues": list(queues), "minutes": minutes, "names": names, "separator": SEPARATOR})


def _run(statement: str, begin: str, step: int, **values: object) -> list[Sum]:
    whole = statement.format(rows=_ROWS[step == spans.MINUTE].format(since=begin), since=begin)
    values |= {"step": step, "longer": _LONGER.get(step, step), "separator": SEPARATOR}
    # A row of counts is one document: to read each count as a row of its own takes Python ten times as long.
    return [Sum(at, queue, type_, jsontext.decode(counts)) for at, queue, type_, counts in sql.run(whole, values)]
