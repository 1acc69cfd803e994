"""Figures for people and for Prometheus: what happened in the last minutes, and what waits."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db.models.functions import Now

from jobs.models import Depth, Statistic
from jobs.store import statistics
from jobs.tally import Counts, Figures, by_type, together

_MINUTE = timedelta(minutes=1)


def minutes(count: int, queue: str | None = None, types: Sequence[str] = ()) -> list[tuple[datetime, Figures]]:
    """The last `count` minutes, oldest first, the present one last; a minute without work has empty figures.

    At most a few seconds behind: the scheduler brings them. Without one, later minutes are empty.
    """
    found: dict[datetime, list[Counts]] = {}
    for _, minute, counts in _rows(count, queue):
        found.setdefault(minute, []).append(counts)
    present = datetime.fromtimestamp(statistics.clock() // 60 * 60, UTC)
    shown = [present - number * _MINUTE for number in reversed(range(count))]
    return [(minute, together(found.get(minute, ()), types)) for minute in shown]


def totals(count: int, queue: str | None = None, types: Sequence[str] = ()) -> Figures:
    """The last `count` minutes together."""
    return together((counts for _, _, counts in _rows(count, queue)), types)


def totals_by_type(count: int, queue: str | None = None) -> dict[str, Figures]:
    return by_type(counts for _, _, counts in _rows(count, queue))


def totals_by_queue(count: int) -> dict[str, Figures]:
    found: dict[str, list[Counts]] = {}
    for queue, _, counts in _rows(count, None):
        found.setdefault(queue, []).append(counts)
    return {queue: together(several) for queue, several in found.items()}


def depths() -> list[Depth]:
    """Live jobs by queue, type and state, each with the time at which they were counted."""
    return list(Depth.objects.order_by("queue", "type", "state"))


def _rows(count: int, queue: str | None) -> list[tuple[str, datetime, Counts]]:
    """(queue, minute, counts) of the last `count` minutes and the present one."""
    wanted = Statistic.objects.filter(minute__gt=Now() - count * _MINUTE)
    if queue is not None:
        wanted = wanted.filter(queue=queue)
    return list(wanted.values_list("queue", "minute", "counts"))
