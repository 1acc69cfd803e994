"""Figures for people and for Prometheus: what happened in the last minutes, and what waits."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from jobs.models import Depth
from jobs.store import statistics, sums
from jobs.tally import Figures

_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Window:
    """Some minutes, the present one included, in four views that are summed by PostgreSQL."""

    by_minute: dict[datetime, Figures] = field(default_factory=lambda: defaultdict(Figures))
    by_queue: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    by_type: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    total: Figures = field(default_factory=Figures)

    def trend(self, count: int) -> list[tuple[datetime, Figures]]:
        """The last `count` minutes, oldest first; one without work has empty figures."""
        return [(minute, self.by_minute.get(minute, Figures())) for minute in _shown(count)]


def window(count: int) -> Window:
    """The last `count` minutes."""
    return _read(sums.of_minutes(count))


def minutes(count: int) -> Window:
    """The same by minute and in total alone."""
    return _read(sums.by_minute(count))


def _read(rows: Iterable[tuple[Any, ...]]) -> Window:
    found = Window()
    for minute, queue, type_, name, number in rows:
        if minute is not None:
            found.by_minute[minute].add(name, number)
            found.total.add(name, number)
        elif queue is not None:
            found.by_queue[queue].add(name, number)
        else:
            found.by_type[type_].add(name, number)
    return found


def depths() -> list[Depth]:
    """Live jobs by queue, type and state, each with the time at which they were counted."""
    return list(Depth.objects.order_by("queue", "type", "state"))


def _shown(count: int) -> list[datetime]:
    present = datetime.fromtimestamp(statistics.clock() // 60 * 60, UTC)
    return [present - number * _MINUTE for number in reversed(range(count))]
