"""What is wrong right now, in sentences, worst first: each with what would help and what it is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from django.db.models import Sum
from django.db.models.functions import Now

from jobs.models import Depth, Duty, Queue, SchedulerLease, Worker
from jobs.queries import health, statistics
from jobs.states import State

MINUTES = 15
MOST = 50
_LOST_WITHIN = timedelta(hours=1)
_FEW, _SHARE = 3, 0.05  # so many failures, and such a share of what ended, are worth a word


@dataclass(frozen=True, slots=True)
class Concern:
    """`about` is a kind of thing (`queue`, `type`, `worker`, `store`, `scheduler`, `duty`), `key` names which.

    `said` is what a person or a server had to say of it.
    """

    level: Literal["bad", "odd"]
    sentence: str
    help: str
    about: str
    key: str = ""
    said: str = ""


def attention() -> list[Concern]:
    """At most `MOST`; nothing when all is well. A fixed number of queries, and a ping of Redis."""
    found = [*_stores(), *_scheduler(), *_workers(), *_failing(), *_parked(), *_queues(), *_duties()]
    return sorted(found, key=lambda one: one.level != "bad")[:MOST]


def _stores() -> Iterator[Concern]:
    redis = health.redis()
    if redis["status"] == "down":
        said = "Nothing is lost: submits go on, and the queues are rebuilt from PostgreSQL as soon as Redis answers."
        yield Concern("bad", "Redis cannot be reached: no job begins.", said, "store", "redis")
    elif redis["status"] == "degraded":
        yield Concern("odd", f"Redis is degraded: {redis['problem']}.", "Set it to noeviction.", "store", "redis")


def _scheduler() -> Iterator[Concern]:
    if not SchedulerLease.objects.filter(until__gt=Now()).exists():
        said = "Start `manage.py runscheduler`: without it nothing scheduled or retrying comes due."
        yield Concern("bad", "No scheduler leads.", said, "scheduler")


def _workers() -> Iterator[Concern]:
    alive = Worker.objects.alive().count()
    if not alive:
        yield Concern("bad", "No worker is alive: no job begins.", "Start `manage.py runworker`.", "worker")
    lost = Worker.objects.filter(stopped_at__isnull=True, lease_until__lte=Now(), lease_until__gt=Now() - _LOST_WITHIN)
    for worker, host in lost.values_list("pk", "host")[:MOST]:
        said = "Its jobs were handed on. Look into the log of its host."
        yield Concern("odd", f"Worker {worker} on {host} was lost.", said, "worker", worker)
    for worker, mode in Worker.objects.alive().exclude(mode=Worker.Mode.ACTIVE).values_list("pk", "mode")[:MOST]:
        yield Concern("odd", f"Worker {worker} is {mode}: it begins no job.", "Resume it.", "worker", worker)


def _failing() -> Iterator[Concern]:
    for name, figures in sorted(statistics.by_type(MINUTES).items()):
        failed = figures.states.get(State.FAILED, 0)
        ended = failed + figures.states.get(State.SUCCEEDED, 0)
        if failed >= _FEW and failed >= _SHARE * ended:
            sentence = f"{name} fails: {failed:,} of {ended:,} in the last {MINUTES} minutes."
            yield Concern("bad", sentence, "Open its dead letters, mend the cause, replay them.", "type", name)


def _parked() -> Iterator[Concern]:
    queued = Depth.objects.filter(state=State.QUEUED, count__gt=0).exclude(type__in=Worker.objects.types_run())
    for row in queued.values("type").annotate(jobs=Sum("count")).order_by("type")[:MOST]:
        sentence = f"Jobs of type {row['type']} wait ({row['jobs']:,}), and no living worker runs this type."
        yield Concern("odd", sentence, "Start a worker whose code has this handler.", "parked", row["type"])


def _queues() -> Iterator[Concern]:
    for queue in Queue.objects.exclude(mode=Queue.Mode.OPEN).order_by("name")[:MOST]:
        who = f" by {queue.by}" if queue.by else ""
        until = f" until {queue.until:%Y-%m-%d %H:%M} UTC" if queue.until else ""
        sentence = f"Queue {queue.name} is {queue.mode}{until}{who}."
        yield Concern("odd", sentence, "Resume it when that is over.", "queue", queue.name, queue.why)


def _duties() -> Iterator[Concern]:
    for duty in Duty.objects.exclude(last_error="").order_by("name"):
        sentence = f"The scheduler's {duty.name} does not get on."
        yield Concern("bad", sentence, "Look into the scheduler's log.", "duty", duty.name, duty.last_error)
