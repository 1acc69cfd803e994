"""How things stand now, for a page that is read every few seconds: a fixed number of small queries.

Nothing here reads jobs that wait: the scheduler counts these (`Depth`). What runs is as much as there are slots.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Min, Q, Sum
from django.db.models.functions import Now

from jobs.models import Duty, Queue, SchedulerLease, Worker
from jobs.queries.live_counts import LiveCounts, live_counts
from jobs.store.statistics import clock

MOST_QUEUES = 1000
MISSED_FOR = timedelta(minutes=10)
"""A worker that died is missed for so long after its lease ran out; its heartbeat's age grows meanwhile."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Living workers of one mode."""

    alive: int
    slots: int
    busy: int


@dataclass(frozen=True, slots=True)
class Standing:
    """`heartbeat` is the oldest one among workers that live or are missed; ages count from `at`, PostgreSQL's now."""

    at: datetime
    queues: list[str]
    live: LiveCounts
    workers: Mapping[str, Crew]
    heartbeat: datetime | None
    is_led: bool
    duties: list[Duty]

    def age(self, then: datetime) -> float:
        return max((self.at - then).total_seconds(), 0.0)


def standing() -> Standing:
    workers, heartbeat = _workers()
    return Standing(
        at=datetime.fromtimestamp(clock(), UTC),
        queues=list(Queue.objects.order_by("name").values_list("name", flat=True)[:MOST_QUEUES]),
        live=live_counts(),
        workers=workers,
        heartbeat=heartbeat,
        is_led=SchedulerLease.objects.filter(until__gt=Now()).exists(),
        duties=list(Duty.objects.all()),
    )


def _workers() -> tuple[dict[str, Crew], datetime | None]:
    """Living ones by mode, each mode told, and the oldest heartbeat."""
    alive = Q(lease_until__gt=Now())
    rows = (
        Worker.objects.filter(stopped_at__isnull=True, lease_until__gt=Now() - MISSED_FOR)
        .values("mode")
        .annotate(
            alive=Count("pk", filter=alive),
            all_slots=Sum("slots", filter=alive, default=0),
            all_busy=Sum("busy", filter=alive, default=0),
            oldest=Min("heartbeat_at"),
        )
    )
    crews = {mode: Crew(0, 0, 0) for mode in Worker.Mode.values}
    heartbeats = []
    for row in rows:
        crews[row["mode"]] = Crew(row["alive"], row["all_slots"], row["all_busy"])
        heartbeats.append(row["oldest"])
    return crews, min(heartbeats, default=None)
