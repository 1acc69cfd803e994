"""What happened over hours or days, by time, by queue and by type: added up in PostgreSQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from jobs.store import sums
from jobs.store.spans import FIVE, HALF_HOUR, HOUR, MINUTE, QUARTER_DAY
from jobs.store.statistics import clock
from jobs.tally import Figures


@dataclass(frozen=True, slots=True)
class Range:
    """The last `minutes` in buckets of so many each, which are minutes or spans."""

    name: str
    label: str
    minutes: int
    bucket: int


RANGES = {
    one.name: one
    for one in (
        Range("1h", "last hour", 60, MINUTE),
        Range("6h", "6 hours", 360, FIVE),
        Range("24h", "24 hours", 1_440, HALF_HOUR),
        Range("3d", "3 days", 4_320, HOUR),
        Range("14d", "14 days", 20_160, QUARTER_DAY),
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


def history(range_: Range, queue: str = "", type_: str = "") -> History:
    """Of one queue or one type where these are named. Of days at most a minute behind."""
    now = clock()
    step = range_.bucket * 60
    last = int(now) // step * step
    starts = [last - number * step for number in reversed(range(range_.minutes // range_.bucket))]
    buckets: dict[int, Figures] = {start: Figures() for start in starts}
    queues: dict[str, Figures] = {}
    types: dict[str, Figures] = {}
    total = Figures()
    for at, of_queue, of_type, counts in sums.since(_instant(starts[0]), range_.bucket, queue, type_):
        if at is not None:
            # A clock ahead of PostgreSQL's: what it counted belongs to the present.
            buckets[min(int(at.timestamp()), last)].count(counts)
            total.count(counts)
        elif of_queue is not None:
            queues.setdefault(of_queue, Figures()).count(counts)
        elif of_type is not None:
            types.setdefault(of_type, Figures()).count(counts)
    shown = [Bucket(_instant(at), min(step, max(now - at, 60.0)) / 60, one) for at, one in buckets.items()]
    return History(range_, shown, total, queues, types)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
