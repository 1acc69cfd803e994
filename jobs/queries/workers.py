"""Workers as operators see them: what they are, whether they live, and what they run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.db.models.functions import Now

from jobs.models import Job, Worker
from jobs.states import State

MOST = 50
MOST_PAGES = 200
STATES = ("active", "cordoned", "draining", "lost", "stopped")


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """`state`: its mode while it lives, else lost or stopped; `oldest` is when the first of what it runs began."""

    worker: Worker
    state: str
    running: int
    oldest: datetime | None

    @property
    def lives(self) -> bool:
        return self.state not in ("lost", "stopped")

    @property
    def saturation(self) -> float:
        return self.worker.busy / self.worker.slots if self.worker.slots else 0.0


@dataclass(frozen=True, slots=True)
class Workers:
    """`more`: there is another page."""

    rows: list[WorkerRow]
    more: bool


def workers(queue: str | None = None, *, ended: bool = False, page: int = 0) -> Workers:
    """A page of those that have not ended (or of all), the latest first; with `queue`, of those that serve it.

    Two queries. Pages are counted: of workers there are some hundreds, for their rows go after a week.
    """
    rows = _aged(Worker.objects.all() if ended else Worker.objects.filter(stopped_at__isnull=True))
    if queue is not None:
        rows = rows.filter(queues=[]) | rows.filter(queues__contains=[queue])
    found = list(rows.order_by("-started_at", "id")[page * MOST : (page + 1) * MOST + 1])
    return Workers(_with_work(found[:MOST]), len(found) > MOST)


def together() -> dict[str, int]:
    """How many live and how many are lost; the slots of the living, and how many of these are busy."""
    lives = Q(lease_until__gte=Now())
    return Worker.objects.filter(stopped_at__isnull=True).aggregate(
        alive=Count("pk", filter=lives),
        lost=Count("pk", filter=~lives),
        slots=Sum("slots", filter=lives, default=0),
        busy=Sum("busy", filter=lives, default=0),
    )


def worker(name: str) -> WorkerRow | None:
    return next(iter(_with_work(list(_aged(Worker.objects.filter(pk=name))))), None)


def _aged(rows: QuerySet[Worker]) -> QuerySet[Any]:
    return rows.annotate(now=Now())


def _with_work(found: list[Any]) -> list[WorkerRow]:
    running = Job.objects.filter(state=State.RUNNING, worker__in=[row.id for row in found]).order_by()
    work = running.values(name=F("worker")).annotate(number=Count("pk"), oldest=Min("started_at"))
    by_name = {row["name"]: (row["number"], row["oldest"]) for row in work} if found else {}
    return [WorkerRow(row, state(row, row.now), *by_name.get(row.id, (0, None))) for row in found]


def state(worker: Worker, now: datetime) -> str:
    """One of `STATES`."""
    if worker.stopped_at is not None:
        return "stopped"
    return "lost" if worker.lease_until < now else worker.mode
