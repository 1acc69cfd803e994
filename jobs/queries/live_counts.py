"""How many live jobs there are, by queue and state."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from django.db.models import Count, Min, Q, Sum

from jobs.models import Depth, Job
from jobs.states import LIVE, State


@dataclass(slots=True)
class LiveCounts:
    """`by_queue[queue][state]`. What runs is counted now; what waits, by the scheduler at `counted_at`."""

    by_queue: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(nothing))
    counted_at: datetime | None = None

    def of(self, queue: str) -> Mapping[str, int]:
        return self.by_queue[queue]

    def together(self) -> dict[str, int]:
        return {state: sum(counts[state] for counts in self.by_queue.values()) for state in nothing()}


def nothing() -> dict[str, int]:
    return dict.fromkeys(sorted(LIVE), 0)


def live_counts() -> LiveCounts:
    """Two queries, however many jobs wait; without a scheduler the numbers of waiting jobs stand still."""
    found = LiveCounts()
    waiting = Depth.objects.exclude(state=State.RUNNING).values("queue", "state")
    for row in waiting.annotate(jobs=Sum("count"), at=Min("counted_at")):
        found.by_queue[row["queue"]][row["state"]] = int(row["jobs"])
        found.counted_at = min(found.counted_at or row["at"], row["at"])
    running = Job.objects.filter(state=State.RUNNING).order_by().values("queue").annotate(jobs=Count("pk"))
    for queue, jobs in running.values_list("queue", "jobs"):
        found.by_queue[queue][State.RUNNING] = jobs
    return found


@dataclass(frozen=True, slots=True)
class Backlog:
    """Live jobs that do not run, and since when the first of the ready ones could; as of `counted_at`."""

    waiting: int
    oldest: datetime | None
    counted_at: datetime


def backlog(by: Literal["queue", "type"], queue: str = "", type_: str = "") -> dict[str, Backlog]:
    """By queue or by type, of one of them where it is named."""
    wanted = {name: value for name, value in (("queue", queue), ("type", type_)) if value}
    rows = Depth.objects.filter(**wanted).exclude(state=State.RUNNING).order_by().values(by)
    ready = Q(state=State.QUEUED)
    found = rows.annotate(jobs=Sum("count"), first=Min("oldest", filter=ready), at=Min("counted_at"))
    return {
        name: Backlog(int(jobs), first, at) for name, jobs, first, at in found.values_list(by, "jobs", "first", "at")
    }
