"""Operators' verbs on workers, as buttons: cordon, resume, drain."""

from django.utils import timezone

from jobs.console.verb import Verb, each
from jobs.models import Worker
from jobs.queries.workers import state
from jobs.services import access, workers


def _now(worker: Worker) -> str:
    return state(worker, timezone.now())


CORDON = Verb(
    "cordon",
    "Cordon",
    "cordoned",
    access.OPERATE_WORKER,
    each(workers.cordon),
    "It begins no further jobs, and stays alive.",
    danger=True,
    applies=lambda worker: _now(worker) in ("active", "draining"),
)
RESUME = Verb(
    "resume",
    "Resume",
    "resumed",
    access.OPERATE_WORKER,
    each(workers.resume),
    "It begins jobs again.",
    applies=lambda worker: _now(worker) in ("cordoned", "draining"),
)
DRAIN = Verb(
    "drain",
    "Drain",
    "draining",
    access.OPERATE_WORKER,
    each(workers.drain),
    "It finishes what runs, and ends.",
    danger=True,
    applies=lambda worker: _now(worker) in ("active", "cordoned"),
)
VERBS = (CORDON, RESUME, DRAIN)
