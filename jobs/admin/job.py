"""Jobs: the list, a job's page with its attempts and timeline, and the verbs on jobs."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.decorators import display

from jobs.admin import job_page, shown
from jobs.admin.base import as_uuid
from jobs.admin.filters import QueueFilter, StateFilter, TypeFilter
from jobs.admin.verbs import VerbAdmin
from jobs.console.forms import EditForm, PriorityForm
from jobs.console.verb import Verb
from jobs.models import IdempotencyKey, Job
from jobs.services import access, steer
from jobs.services.audit import Actor
from jobs.services.steer import Changes
from jobs.services.steered import Steered
from jobs.states import FINAL, LIVE, PARKED, WAITING, State

MOST_LIVE = 10_000
MOST_KEYS = 100_000


def _cancel(ids: Sequence[UUID], actor: Actor, cleaned: Mapping[str, Any]) -> Steered[UUID]:
    return steer.cancel(ids, actor, cleaned["reason"])


def _retry(ids: Sequence[UUID], actor: Actor, cleaned: Mapping[str, Any]) -> Steered[UUID]:
    return steer.retry(ids, actor, cleaned["reason"])


def _edit(ids: Sequence[UUID], actor: Actor, cleaned: Mapping[str, Any]) -> Steered[UUID]:
    changes = Changes(
        priority=cleaned.get("priority"), queue=cleaned.get("queue") or None, run_at=cleaned.get("run_at")
    )
    return steer.edit(ids, actor, changes, cleaned["reason"])


def _waits(job: Job) -> bool:
    return job.state in WAITING


CANCEL = Verb(
    "cancel",
    "Cancel",
    "cancelled",
    access.CANCEL_JOB,
    _cancel,
    "What waits ends at once, and what waits for it may end with it. What runs is asked to stop.",
    danger=True,
    applies=lambda job: job.state in LIVE,
)
RETRY = Verb(
    "retry",
    "Retry",
    "queued again",
    access.RETRY_JOB,
    _retry,
    "Failed and cancelled jobs run again with a fresh budget of attempts.",
    applies=lambda job: job.state in FINAL - {State.SUCCEEDED},
)
PRIORITY = Verb(
    "priority",
    "Change priority",
    "changed",
    access.EDIT_QUEUED_JOB,
    _edit,
    "Jobs that wait take another place in line.",
    PriorityForm,
    applies=_waits,
)
EDIT = Verb(
    "edit",
    "Move or reschedule",
    "changed",
    access.EDIT_QUEUED_JOB,
    _edit,
    "Jobs that wait go to another queue, or run at another time.",
    EditForm,
    applies=_waits,
)


@admin.register(Job)
class JobAdmin(VerbAdmin):
    verbs = (CANCEL, RETRY, PRIORITY, EDIT)
    list_display = ("id", "type", "queue", "shown_state", "priority", "tries", "worker", "created_at")
    list_filter = (StateFilter, TypeFilter, QueueFilter)
    list_defer = ("payload", "result", "backend_data", "retry_policy")
    search_fields = ("id",)
    search_help_text = "A job's id, or a whole idempotency key"
    change_form_outer_after_template = "admin/jobs/job/panels.html"
    fieldsets = job_page.FIELDSETS
    readonly_fields = ("shown_state", "owner", "parent", *job_page.CONTENT)

    def bounded(self, request: HttpRequest, found: QuerySet[Job]) -> QuerySet[Job]:
        """Live rows by their index, failed ones by theirs, others among the newest."""
        state = request.GET.get("state", "")
        if state in LIVE or state == PARKED:
            live = Job.objects.in_state(state).order_by("-run_at").values("pk")[:MOST_LIVE]
            return found.filter(pk__in=live)
        rows = Job.objects.filter(state=State.FAILED) if state == State.FAILED else Job.objects.all()
        oldest = self.horizon(rows)
        return found if oldest is None else found.filter(pk__gte=oldest)

    def search(self, found: QuerySet[Job], term: str) -> QuerySet[Job]:
        if job_id := as_uuid(term):
            return found.filter(pk=job_id)
        newest = IdempotencyKey.objects.order_by("-pk").values("pk")[:MOST_KEYS]
        return found.filter(pk__in=IdempotencyKey.objects.filter(pk__in=newest, key=term).values("job_id"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if isinstance(job := kwargs.get("obj"), Job):
            context.update(job_page.panels(job, request.user))
        return super().render_change_form(request, context, *args, **kwargs)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Job | None:
        """The job, with what this person may not see taken out of it before anything is rendered."""
        job: Job | None = super().get_object(request, object_id, from_field)
        if job is not None:
            job_page.hide(job, request.user)
        return job

    @display(description="state", label=shown.COLOURS)  # type: ignore[untyped-decorator]  # unfold has no types
    def shown_state(self, job: Job) -> str:
        return job.state

    @admin.display(description="owner")
    def owner(self, job: Job) -> str:
        return job_page.owner(job)

    @admin.display(description="parent job")
    def parent(self, job: Job) -> str:
        return shown.job_link(job.parent_job_id)

    @admin.display(description="payload")
    def shown_payload(self, job: Job) -> SafeString:
        return shown.as_json(job.payload)

    @admin.display(description="result")
    def shown_result(self, job: Job) -> SafeString:
        return shown.as_json(job.result)

    @admin.display(description="kept for another interface")
    def shown_backend_data(self, job: Job) -> SafeString:
        return shown.as_json(job.backend_data)
