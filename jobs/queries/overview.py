"""The whole at a glance: what is live, what happened in the last minutes, who works and who leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import Now

from jobs.models import Duty, Queue, SchedulerLease, Worker
from jobs.queries import statistics
from jobs.queries.live_counts import LiveCounts, live_counts
from jobs.states import State
from jobs.store.statistics import clock
from jobs.tally import Figures

MOST_QUEUES = 1000
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Overview:
    """`trend` has the figures by time in steps of `step` minutes, oldest first, the present one last; `total` has them
    together."""

    at: datetime
    minutes: int
    step: int
    live: LiveCounts
    queues: list[tuple[Queue, Figures]]
    total: Figures
    trend: list[tuple[datetime, Figures]]
    types: dict[str, Figures]
    workers: dict[str, int]
    leader: SchedulerLease | None
    duties: list[Duty]

    @property
    def seconds(self) -> float:
        """How long the window is: the present step is not over."""
        began = self.trend[0][0] if self.trend else self.at - self.minutes * _MINUTE
        return max((self.at - began).total_seconds(), 1.0)


def overview(minutes: int) -> Overview:
    """The last `minutes`, the present one included, in whole steps; a fixed number of queries."""
    found = statistics.window(minutes)
    rows = Queue.objects.order_by("name")[:MOST_QUEUES]
    lease = SchedulerLease.objects.annotate(now=Now()).first()
    return Overview(
        at=datetime.fromtimestamp(clock(), UTC),
        minutes=minutes,
        step=found.step,
        live=live_counts(),
        queues=[(row, found.by_queue.get(row.name, Figures())) for row in rows],
        total=found.total,
        trend=found.trend(minutes),
        types=found.by_type,
        workers=_workers(),
        leader=lease if lease is not None and lease.until > lease.now else None,
        duties=list(Duty.objects.all()),
    )


def _workers() -> dict[str, int]:
    """Of living workers: how many, their slots, and how they are steered."""
    found = Worker.objects.alive().aggregate(
        alive=Count("pk"),
        slots=Sum("slots", default=0),
        busy=Sum("busy", default=0),
        cordoned=Count("pk", filter=Q(mode=Worker.Mode.CORDONED)),
        draining=Count("pk", filter=Q(mode=Worker.Mode.DRAINING)),
    )
    return {name: int(value) for name, value in found.items()}


def rates(figures: Figures, seconds: float) -> dict[str, Any]:
    """Jobs per second that ended for good, and the shares of failures and of retries; None without any."""
    succeeded, failed = figures.states.get(State.SUCCEEDED, 0), figures.states.get(State.FAILED, 0)
    ended = succeeded + failed
    return {
        "throughput_per_second": round(ended / seconds, 3),
        "failure_rate": round(failed / ended, 4) if ended else None,
        "retry_rate": round(figures.states.get(State.RETRYING, 0) / figures.ended, 4) if figures.ended else None,
    }


def percentiles(figures: Figures, shares: Sequence[float] = (0.5, 0.95, 0.99)) -> dict[str, dict[str, float | None]]:
    """Milliseconds, of how long attempts ran and of how long their jobs waited after they were due."""
    kinds = {"run_ms": figures.run, "queue_latency_ms": figures.wait}
    return {
        kind: {f"p{share * 100:g}": _milliseconds(histogram.quantile(share)) for share in shares}
        for kind, histogram in kinds.items()
    }


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
