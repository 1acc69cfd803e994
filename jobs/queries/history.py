"""What happened over hours or days, by time, by queue and by type: added up in PostgreSQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from jobs.store.spans import FIVE, HALF_HOUR, HOUR, QUARTER_DAY
from jobs.store.statistics import clock
from jobs.tally import Figures


@dataclass(frozen=True, slots=True)
class Range:
    """The last `minutes` in buckets of so many each. `source` is the length of the rows that are added up."""

    name: str
    label: str
    minutes: int
    bucket: int
    source: int = 1


RANGES = {
    one.name: one
    for one in (
        Range("1h", "last hour", 60, 1),
        Range("6h", "6 hours", 360, 5, FIVE),
        Range("24h", "24 hours", 1_440, 30, HALF_HOUR),
        Range("3d", "3 days", 4_320, 60, HOUR),
        Range("14d", "14 days", 20_160, 360, QUARTER_DAY),
    )
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """`minutes` of it have passed: the last one is not over."""

    at: datetime
    minutes: float
    figures: Figures


@dataclass(frozen=True, slots=True)
class History:
    """`buckets` oldest first, the present one last; those without work have empty figures."""

    range: Range
    buckets: list[Bucket]
    total: Figures = field(default_factory=Figures)
    queues: Mapping[str, Figures] = field(default_factory=dict)
    types: Mapping[str, Figures] = field(default_factory=dict)

    @property
    def minutes(self) -> float:
        return sum(bucket.minutes for bucket in self.buckets)


_ROWS = {
    True: "select minute as at, queue, counts from jobs_statistic where minute >= %(since)s",
    False: "select at, queue, counts from jobs_span where minutes = %(source)s and at >= %(since)s",
}
_SUMS = """
    select extract(epoch from bucket)::bigint, queue, type, name, sum(count)
    from (
      select date_bin(make_interval(mins => %(bucket)s), at, timestamptz 'epoch') as bucket, queue,
        split_part(field, '|', 1) as type, substr(field, strpos(field, '|') + 1) as name, count::bigint as count
      from ({rows}) as r, jsonb_each(r.counts) as c(field, count)
      where (%(queue)s = '' or queue = %(queue)s)
        and (%(type)s = '' or starts_with(field, %(type)s || '|'))) as flat
    group by grouping sets ((bucket, name), (queue, name), (type, name))"""


def history(range_: Range, queue: str = "", type_: str = "") -> History:
    """Of one queue or one type where these are named. One query; of days at most a minute behind."""
    now = clock()
    step = range_.bucket * 60
    last = int(now) // step * step
    starts = [last - number * step for number in reversed(range(range_.minutes // range_.bucket))]
    buckets: dict[int, Figures] = {start: Figures() for start in starts}
    queues: dict[str, Figures] = {}
    types: dict[str, Figures] = {}
    total = Figures()
    for at, of_queue, of_type, name, count in _sums(range_, starts[0], queue, type_):
        if at is not None:
            # A clock ahead of PostgreSQL's: what it counted belongs to the present.
            buckets[min(at, last)].add(name, int(count))
            total.add(name, int(count))
        elif of_queue is not None:
            queues.setdefault(of_queue, Figures()).add(name, int(count))
        elif of_type is not None:
            types.setdefault(of_type, Figures()).add(name, int(count))
    shown = [Bucket(_instant(at), min(step, max(now - at, 60.0)) / 60, one) for at, one in buckets.items()]
    return History(range_, shown, total, queues, types)


_Sum = tuple[int | None, str | None, str | None, str, int]


def _sums(range_: Range, since: int, queue: str, type_: str) -> list[_Sum]:
    """(time, queue, type, name, how many), of which one of the first three is there."""
    values: dict[str, Any] = {"bucket": range_.bucket, "source": range_.source, "since": _instant(since)}
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(rows=_ROWS[range_.source == 1]), {**values, "queue": queue, "type": type_})
        found: list[_Sum] = cursor.fetchall()
    return found


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
