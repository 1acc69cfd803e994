"""Operators' verbs on queues, as buttons: pause, resume, drain."""

from jobs.console.forms import PauseForm
from jobs.console.verb import Verb, each
from jobs.models import Queue
from jobs.services import access, queues

PAUSE = Verb(
    "pause",
    "Pause",
    "paused",
    access.OPERATE_QUEUE,
    each(queues.pause),
    "Workers begin no job of it, until then or until it is resumed. What runs goes on.",
    PauseForm,
    danger=True,
)
RESUME = Verb(
    "resume",
    "Resume",
    "resumed",
    access.OPERATE_QUEUE,
    each(queues.resume),
    "Workers begin its jobs again.",
    applies=lambda queue: queue.mode != Queue.Mode.OPEN,
)
DRAIN = Verb(
    "drain",
    "Drain",
    "draining",
    access.OPERATE_QUEUE,
    each(queues.drain),
    "What runs is finished, nothing more begins until it is resumed.",
    danger=True,
    applies=lambda queue: queue.mode != Queue.Mode.DRAINING,
)
VERBS = (PAUSE, RESUME, DRAIN)
