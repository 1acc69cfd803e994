"""Why is this job not running? The facts, by a fixed number of queries, for `jobs.waits`."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models.functions import Now

from jobs import waits
from jobs.broker import looking_broker
from jobs.conf import options
from jobs.errors import BrokerUnavailable
from jobs.models import Dependency, Job, Queue, SchedulerLease, Worker
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.states import WAITING, State
from jobs.store import statistics
from jobs.waits import Crew, Facts, Reason, Spot, Upstream

MOST_UPSTREAMS = 10
MOST_WORKERS = 2000


class _Served(NamedTuple):
    """What a living worker does for one queue."""

    types: frozenset[str]
    mode: str
    slots: int
    busy: int


def why_waiting(job: Job, user: AnyUser) -> list[Reason]:
    """What holds `job` up, as far as `user` may know it; empty for one that does not wait.

    At most six queries and one question to Redis, however much waits.
    """
    return waits.reasons(_facts(job, user)) if job.state in WAITING else []


def _facts(job: Job, user: AnyUser) -> Facts:
    conf = options()
    now = datetime.fromtimestamp(statistics.clock(), UTC)
    alive, served = _workers(job.queue)
    return Facts(
        **_own(job),
        **_mode(job.queue, now, user),
        now=now,
        led=SchedulerLease.objects.filter(until__gt=Now()).exists(),
        crew=_crew(job.type, alive, served),
        upstreams=_upstreams(job, user) if job.state == State.BLOCKED else (),
        spot=_spot(job, served) if job.state == State.QUEUED else None,
        heals=conf.reconcile_grace + conf.reconcile_interval,
    )


def _own(job: Job) -> dict[str, Any]:
    names = ("id", "type", "queue", "state", "run_at", "expires_at", "attempt", "tries", "max_attempts", "unmet")
    return {name: getattr(job, name) for name in names} | {
        "reason": job.reason or "",
        "last_error": job.last_error or "",
    }


def _mode(name: str, now: datetime, user: AnyUser) -> dict[str, Any]:
    """How the queue is steered; by whom and why is for those who may look at queues."""
    queue = Queue.objects.filter(pk=name).first()
    if queue is None or (queue.mode == Queue.Mode.PAUSED and queue.until is not None and queue.until <= now):
        return {}
    told = {"by": queue.by, "why": queue.why} if user.has_perm(access.VIEW_QUEUE) else {}
    return {"mode": queue.mode, "until": queue.until, **told}


def _workers(queue: str) -> tuple[int, list[_Served]]:
    """How many live, and those of them that serve the queue."""
    rows = Worker.objects.alive().values_list("queues", "types", "mode", "slots", "busy")[:MOST_WORKERS]
    found = list(rows)
    served = [_Served(frozenset(row[1]), *row[2:]) for row in found if not row[0] or queue in row[0]]
    return len(found), served


def _crew(type_: str, alive: int, served: list[_Served]) -> Crew:
    knowing = [one for one in served if type_ in one.types]
    active = [one for one in knowing if one.mode == Worker.Mode.ACTIVE]
    slots, busy = sum(one.slots for one in active), sum(one.busy for one in active)
    return Crew(alive, len(served), len(knowing), len(active), slots, busy)


def _upstreams(job: Job, user: AnyUser) -> list[Upstream]:
    """The first of the jobs that it waits for; what became of them only where `user` sees them."""
    edges = list(Dependency.objects.filter(child_id=job.id, met_at__isnull=True).order_by("id")[:MOST_UPSTREAMS])
    parents = access.visible(user).filter(pk__in=[edge.parent_id for edge in edges]).values_list("pk", "state", "type")
    known = {pk: (state, type_) for pk, state, type_ in parents}
    return [Upstream(edge.parent_id, edge.label, edge.policy, *known.get(edge.parent_id, (None, ""))) for edge in edges]


def _spot(job: Job, served: list[_Served]) -> Spot | None:
    """Only lanes whose types some worker takes from this queue count as before it: the others stand still."""
    try:
        found = looking_broker().standing(job.queue, job.type, job.id)
    except BrokerUnavailable:
        return None
    taken = {job.type}.union(*(one.types for one in served if one.mode == Worker.Mode.ACTIVE))
    ahead = sum(count for lane, count in found.ahead.items() if lane.partition("|")[0] in taken)
    return Spot(found.where, found.complete, found.closed_until, ahead)
