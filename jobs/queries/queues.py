"""Queues as operators see them: what waits, how long, how much comes and goes, and who works on it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Min

from jobs.models import Depth, Job, Queue, Worker
from jobs.queries.live_counts import LiveCounts, live_counts
from jobs.states import State
from jobs.store import sums

MOST_QUEUES = 25
MOST_WORKERS = 2000
MOST_RUNNING = 50
TREND = 30
"""Minutes of the small charts."""
RECENT = 5
"""Whole minutes over which rates are told."""


@dataclass(slots=True)
class Flow:
    """Jobs that came in and that ended, minute by minute, oldest first; the present minute is the last."""

    came: list[int] = field(default_factory=lambda: [0] * (TREND + 1))
    ended: list[int] = field(default_factory=lambda: [0] * (TREND + 1))

    @property
    def rate_in(self) -> float:
        """Per second."""
        return _rate(self.came)

    @property
    def rate_out(self) -> float:
        return _rate(self.ended)


@dataclass(frozen=True, slots=True)
class Served:
    """Of the living workers that serve a queue: how many, and of those that take jobs the slots."""

    workers: int
    slots: int
    busy: int

    @property
    def saturation(self) -> float | None:
        return self.busy / self.slots if self.slots else None


@dataclass(frozen=True, slots=True)
class QueueRow:
    """`counts` by state; `oldest` is since when the first of the ready ones could run."""

    queue: Queue
    counts: Mapping[str, int]
    oldest: datetime | None
    flow: Flow
    served: Served


@dataclass(frozen=True, slots=True)
class Queues:
    """`following` is after which name the next page begins; None on the last one."""

    rows: list[QueueRow]
    counted_at: datetime | None
    following: str | None


def queues(search: str = "", after: str = "") -> Queues:
    """A page by name, of those whose names hold `search`; six queries, however many jobs there are."""
    found = list(Queue.objects.filter(name__contains=search, name__gt=after).order_by("name")[: MOST_QUEUES + 1])
    shown = found[:MOST_QUEUES]
    live = live_counts()
    return Queues(_rows(shown, live), live.counted_at, shown[-1].name if len(found) > MOST_QUEUES else None)


def queue_row(queue: Queue) -> QueueRow:
    return _rows([queue], live_counts())[0]


def _rows(shown: Sequence[Queue], live: LiveCounts) -> list[QueueRow]:
    names = [queue.name for queue in shown]
    oldest = _oldest(names)
    flows = flow(names)
    workers = list(Worker.objects.alive().values_list("queues", "mode", "slots", "busy")[:MOST_WORKERS])
    return [
        QueueRow(queue, live.of(queue.name), oldest.get(queue.name), flows[queue.name], _served(queue.name, workers))
        for queue in shown
    ]


def _oldest(names: Sequence[str]) -> dict[str, datetime]:
    rows = Depth.objects.filter(queue__in=names, state=State.QUEUED).values("queue").annotate(first=Min("oldest"))
    return dict(rows.values_list("queue", "first"))


def flow(names: Sequence[str]) -> dict[str, Flow]:
    """Of each queue the last half hour, at most a few seconds behind."""
    found = {name: Flow() for name in names}
    for queue, ago, came, ended in sums.flows(names, TREND + 1):
        place = TREND - max(ago, 0)  # a clock ahead of PostgreSQL's
        found[queue].came[place] += came
        found[queue].ended[place] += ended
    return found


def _rate(minutes: Sequence[int]) -> float:
    return sum(minutes[-1 - RECENT : -1]) / (RECENT * 60)


def _served(queue: str, workers: Iterable[tuple[list[str], str, int, int]]) -> Served:
    serving = [row for row in workers if not row[0] or queue in row[0]]
    active = [row for row in serving if row[1] == Worker.Mode.ACTIVE]
    return Served(len(serving), sum(row[2] for row in active), sum(row[3] for row in active))


@dataclass(frozen=True, slots=True)
class TypeRow:
    """One type in one queue: live jobs by state."""

    type: str
    counts: Mapping[str, int]
    oldest: datetime | None


def types(queue: str) -> list[TypeRow]:
    """What lives in a queue, by type, as the scheduler counted it; most first."""
    counts: dict[str, Counter[str]] = {}
    oldest: dict[str, datetime] = {}
    for row in Depth.objects.filter(queue=queue).order_by("type")[:MOST_WORKERS]:
        counts.setdefault(row.type, Counter())[row.state] += row.count
        if row.state == State.QUEUED:
            oldest[row.type] = row.oldest
    found = [TypeRow(type_, states, oldest.get(type_)) for type_, states in counts.items()]
    return sorted(found, key=lambda row: -sum(row.counts.values()))


def running(queue: str | None = None, worker: str | None = None) -> list[Job]:
    """Jobs that run now, those that began first at the top; without what is in them."""
    found = Job.objects.filter(state=State.RUNNING)
    if queue is not None:
        found = found.filter(queue=queue)
    if worker is not None:
        found = found.filter(worker=worker)
    columns = ("id", "type", "queue", "attempt", "worker", "started_at", "timeout", "progress", "progress_note")
    return list(found.only(*columns, "cancel_requested_at").order_by("started_at")[: MOST_RUNNING + 1])
