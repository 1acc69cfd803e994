"""How PostgreSQL and Redis agree about what is ready, at a bounded cost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Min, Sum

from jobs.broker import Broker, Census
from jobs.conf import options
from jobs.models import Depth
from jobs.ready import Ready
from jobs.states import State
from jobs.store import lookout, statistics, workers

LOOK = 1000
"""Ids that are compared from either side, at most."""
MOST_LANES = 100


@dataclass(frozen=True, slots=True)
class QueueAgreement:
    """One queue: `ready` in PostgreSQL, `lanes` and `claimed` in Redis; ids that are `missing` there, and `ghosts`."""

    queue: str
    complete: bool
    ready: int
    lanes: int
    claimed: int
    missing: int
    ghosts: int

    @property
    def agrees(self) -> bool:
        return self.complete and not self.missing and not self.ghosts


@dataclass(frozen=True, slots=True)
class Agreement:
    """`exact`: every id was compared. Else the oldest and newest of the one side were, and some by chance of the
    other: what is missing is at least that many, and `ready` is what the scheduler counted at `counted_at`."""

    at: datetime
    queues: list[QueueAgreement]
    compared: int
    exact: bool
    counted_at: datetime | None

    @property
    def agrees(self) -> bool:
        return all(queue.agrees for queue in self.queues)

    def total(self, name: str) -> int:
        """Of all queues: `ready`, `lanes`, `claimed`, `missing` or `ghosts`."""
        return sum(int(getattr(queue, name)) for queue in self.queues)

    def shown(self) -> dict[str, int | bool]:
        """What an audit entry keeps of it."""
        names = ("ready", "lanes", "claimed", "missing", "ghosts")
        return {name: self.total(name) for name in names} | {"exact": self.exact, "queues": len(self.queues)}


def compare(broker: Broker, only: str | None = None) -> Agreement:
    """Compare all queues now, or only one. What changes meanwhile is looked at again, so that work in progress is no
    disagreement.

    Raises BrokerUnavailable.
    """
    names = [only] if only else list(workers.queue_modes())
    queued, all_queued = _queued(only)
    missing = _missing(broker, queued)
    census = broker.census(names)
    ghosts, looked, all_held = _ghosts(broker, census)
    ready, counted_at = _ready(queued) if all_queued else _counted()
    found = [_agreement(name, census[name], ready.get(name, 0), missing[name], ghosts[name]) for name in names]
    at = datetime.fromtimestamp(statistics.clock(), UTC)
    return Agreement(at, found, len(queued) + looked, all_queued and all_held, counted_at)


def _agreement(queue: str, copy: Census, ready: int, missing: int, ghosts: int) -> QueueAgreement:
    lanes = sum(lane.ready for lane in copy.lanes)
    return QueueAgreement(queue, copy.complete, ready, lanes, copy.claimed, missing, ghosts)


def _queued(only: str | None) -> tuple[list[Ready], bool]:
    """Queued jobs, and whether these are all: else the oldest and the newest. Those of one queue are sought among
    these, for no index finds them."""
    until = lookout.now()
    found, more = lookout.queued(lookout.START, until, LOOK)
    if more is not None:
        half = LOOK // 2
        found = list(dict.fromkeys([*found[:half], *lookout.newest_queued(until, half)]))
    return [job for job in found if only is None or job.queue == only], more is None


def _missing(broker: Broker, queued: Sequence[Ready]) -> Counter[str]:
    """By queue. One that became ready a moment ago may be on its way; one that is not there but queued still is asked
    for again, for meanwhile it may have run and come back."""
    latest = (statistics.clock() - options().reconcile_grace) * 1000
    absent = broker.unknown(job for job in queued if job.at <= latest)
    again = lookout.still_queued([job.id for job in absent]) if absent else []
    return Counter(job.queue for job in broker.unknown(again))


def _ghosts(broker: Broker, census: Mapping[str, Census]) -> tuple[Counter[str], int, bool]:
    """By queue; how many ids of lanes were looked at, and whether these were all."""
    lanes = [(queue, lane.name, lane.ready) for queue, copy in census.items() for lane in copy.lanes if lane.ready]
    looked = [lane[:2] for lane in lanes[:MOST_LANES]]
    share = LOOK // max(len(looked), 1)
    samples = broker.samples(looked, share)
    ids = [one for sample in samples for one in sample]
    here = {(job.id, job.queue, job.type) for job in lookout.still_queued(ids)} if ids else set()
    found: Counter[str] = Counter()
    for (queue, lane), sample in zip(looked, samples, strict=True):
        # Asked for again, after PostgreSQL was found to have no such job: it may just have begun.
        found[queue] += len(broker.within(queue, lane, [one for one in sample if (one, queue, lane) not in here]))
    return found, len(ids), len(lanes) <= MOST_LANES and all(ready <= share for _, _, ready in lanes)


def _ready(queued: Sequence[Ready]) -> tuple[Mapping[str, int], None]:
    return Counter(job.queue for job in queued), None


def _counted() -> tuple[Mapping[str, int], datetime | None]:
    """What the scheduler counted last."""
    rows = list(
        Depth.objects.filter(state=State.QUEUED).values("queue").annotate(jobs=Sum("count"), at=Min("counted_at"))
    )
    return {row["queue"]: int(row["jobs"]) for row in rows}, min((row["at"] for row in rows), default=None)
