"""Minutes of figures added up to longer spans, so that pages about hours and days read few rows.

A span of one queue has the fields of its minutes. Beside them there is one of all queues and types together: its
`queue` is blank, and its fields have no type. Of a single minute there is only this one.
"""

from datetime import datetime

from jobs.store import sql
from jobs.tally import SEPARATOR

MINUTE = 1
FIVE, HALF_HOUR, HOUR, QUARTER_DAY = SIZES = (5, 30, 60, 360)
"""Minutes. The shortest spans are made of minutes, each other of the one before it."""

_BIN = "date_bin(make_interval(mins => %(minutes)s), {}, timestamptz 'epoch')"
_MINUTES = "select queue, minute as at, counts from jobs_statistic where minute >= %(since)s and minute < %(until)s"
_SHORTER = """select queue, at, counts from jobs_span
      where minutes = %(shorter)s and queue <> '' and at >= %(since)s and at < %(until)s"""
_WRITE = """
    insert into jobs_span as s (minutes, at, queue, counts)
    select %(minutes)s, at, queue, jsonb_object_agg(field, total)
    from (select {bin} as at, {queue} as queue, {field} as field, sum(count::bigint) as total
          from ({rows}) as r, jsonb_each(r.counts) as c(field, count) group by 1, 2, 3) as added
    group by at, queue
    on conflict (minutes, at, queue) do update set counts = excluded.counts where s.counts <> excluded.counts"""
_OF_QUEUES = {"bin": _BIN.format("at"), "queue": "queue", "field": "field"}
_TOGETHER = {"bin": _BIN.format("at"), "queue": "''", "field": "split_part(field, %(separator)s, 2)"}
_SPANS = f"""select {
    _BIN.format(
        "coalesce((select max(at) from jobs_span where minutes = %(minutes)s), "
        "(select min(minute) from jobs_statistic))"
    )
}"""
_FLOOR = f"select {_BIN.format('%(at)s::timestamptz')}"


def add_up(minutes: int, since: datetime, until: datetime) -> None:
    """Make the spans of this length anew that lie in this time; `since` is where one of them begins."""
    rows = _MINUTES if minutes == FIVE else _SHORTER
    shorter = {} if minutes == FIVE else {"shorter": SIZES[SIZES.index(minutes) - 1]}
    values = {"minutes": minutes, "since": since, "until": until, **shorter}
    sql.run(_WRITE.format(rows=rows, **_OF_QUEUES), values)
    sql.run(_WRITE.format(rows=rows, **_TOGETHER), {**values, "separator": SEPARATOR})


def add_minutes(since: datetime, until: datetime) -> None:
    """Make the minutes of all queues together anew that lie in this time."""
    values = {"minutes": MINUTE, "since": since, "until": until, "separator": SEPARATOR}
    sql.run(_WRITE.format(rows=_MINUTES, **_TOGETHER), values)


def begin(minutes: int) -> datetime | None:
    """The last span of this length that is there, or the one of the first minute; None without figures."""
    found: datetime | None = sql.run(_SPANS, {"minutes": minutes})[0][0]
    return found


def floor(minutes: int, at: datetime) -> datetime:
    """Where the span begins in which `at` lies."""
    found: datetime = sql.run(_FLOOR, {"minutes": minutes, "at": at})[0][0]
    return found
