"""Figures for people and for Prometheus: what happened in the last minutes, and what waits."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil

from jobs.models import Depth
from jobs.store import statistics, sums
from jobs.store.spans import FIVE, HALF_HOUR, MINUTE
from jobs.store.sums import Sum
from jobs.tally import Figures

MOST_STEPS = 120
"""A trend of more minutes goes in longer steps, of which there are spans."""
_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Window:
    """Some minutes, the present one included, in four views that are summed by PostgreSQL. `step` is in minutes."""

    step: int = MINUTE
    by_time: dict[datetime, Figures] = field(default_factory=lambda: defaultdict(Figures))
    by_queue: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    by_type: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    total: Figures = field(default_factory=Figures)

    def trend(self, count: int) -> list[tuple[datetime, Figures]]:
        """The last `count` minutes in steps, oldest first; one without work has empty figures."""
        return [(at, self.by_time.get(at, Figures())) for at in _shown(count, self.step)]


def window(count: int) -> Window:
    """The last `count` minutes; of very many in longer steps, which are at most a minute behind."""
    step = step_of(count)
    rows = sums.of_minutes(count) if step == MINUTE else sums.since(_shown(count, step)[0], step)
    return _read(rows, step)


def minutes(count: int) -> Window:
    """The last `count` minutes by minute and in total alone."""
    return _read(sums.by_minute(count), MINUTE)


def by_type(count: int) -> dict[str, Figures]:
    """The last `count` minutes by type alone."""
    return _read(sums.by_queue_and_type(count), MINUTE).by_type


def step_of(count: int) -> int:
    """Minutes of a step in a trend of so many."""
    return next((step for step in _STEPS if count <= MOST_STEPS * step), _STEPS[-1])


_STEPS = (MINUTE, FIVE, HALF_HOUR)


def _read(rows: Iterable[Sum], step: int) -> Window:
    found = Window(step)
    for at, queue, type_, counts in rows:
        if at is not None:
            found.by_time[at].count(counts)
            found.total.count(counts)
        elif queue is not None:
            found.by_queue[queue].count(counts)
        elif type_ is not None:
            found.by_type[type_].count(counts)
    return found


def depths() -> list[Depth]:
    """Live jobs by queue, type and state, each with the time at which they were counted."""
    return list(Depth.objects.order_by("queue", "type", "state"))


def _shown(count: int, step: int) -> list[datetime]:
    seconds = 60 * step
    present = datetime.fromtimestamp(statistics.clock() // seconds * seconds, UTC)
    return [present - number * step * _MINUTE for number in reversed(range(ceil(count / step)))]
