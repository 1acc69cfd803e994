"""Queues: pause, resume, drain."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from unfold.decorators import display

from jobs.admin.verbs import VerbAdmin
from jobs.console.forms import PauseForm
from jobs.console.verb import Verb, each
from jobs.models import Job, Queue
from jobs.services import access, queues
from jobs.states import State

COLOURS = {"paused": "warning", "draining": "info", "drained": "warning"}

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


@admin.register(Queue)
class QueueAdmin(VerbAdmin):
    verbs = (PAUSE, RESUME, DRAIN)
    list_display = ("name", "shown_mode", "running", "until", "by", "why", "changed_at")
    ordering = ("name",)
    fields = ("name", "shown_mode", "running", "until", "by", "why", "changed_at")
    readonly_fields = ("shown_mode", "running")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        """With the number of running jobs, of which there are never more than the workers have slots."""
        running = (
            Job.objects.filter(state=State.RUNNING, queue=OuterRef("name"))
            .order_by()
            .values("queue")
            .annotate(number=Count("pk"))
            .values("number")
        )
        found: QuerySet[Queue] = super().get_queryset(request)
        return found.annotate(running_jobs=Coalesce(Subquery(running), 0))

    @display(description="mode", label=COLOURS)  # type: ignore[untyped-decorator]  # unfold has no types
    def shown_mode(self, queue: Any) -> str:
        if queue.mode == Queue.Mode.DRAINING and not queue.running_jobs:
            return "drained"
        return str(queue.mode)

    @admin.display(description="running")
    def running(self, queue: Any) -> int:
        return int(queue.running_jobs)
