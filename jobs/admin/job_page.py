"""What a job's page shows beside its own row: attempts, timeline, dependencies. All bounded."""

from typing import Any

from django.contrib.auth.models import User

from jobs.admin import shown
from jobs.models import Attempt, DeadLetter, Dependency, Job
from jobs.queries.timeline import timeline
from jobs.services import access
from jobs.services.access import AnyUser

MOST_ATTEMPTS = 25
MOST_EDGES = 50
CONTENT = ("shown_payload", "shown_result", "shown_backend_data")
FIELDSETS = (
    (None, {"fields": ("id", "type", "queue", "shown_state", "priority", "reason", "last_error")}),
    ("Content", {"fields": (*CONTENT, "artifact", "progress", "progress_note")}),
    ("Attempts", {"fields": ("attempt", "tries", "max_attempts", "retry_policy", "timeout", "worker")}),
    (
        "Times",
        {
            "fields": (
                "created_at",
                "run_at",
                "started_at",
                "finished_at",
                "expires_at",
                "cancel_requested_at",
            )
        },
    ),
    (
        "Belongs to",
        {
            "fields": (
                "owner",
                "tenant_id",
                "tags",
                "idempotency_key",
                "schema_version",
                "workflow_id",
                "step",
                "parent",
                "dependency_policy",
                "unmet",
            )
        },
    ),
)


def hide(job: Job, user: AnyUser) -> None:
    """Take payload, result and the like out of an instance that is only read."""
    if access.sees_payload(user, job.owner_id):
        return
    job.payload = shown.HIDDEN
    job.result = shown.HIDDEN if job.result is not None else None
    job.backend_data = shown.HIDDEN if job.backend_data is not None else None
    job.artifact = shown.HIDDEN if job.artifact is not None else None


def panels(job: Job, user: AnyUser) -> dict[str, Any]:
    """The context of the page's panels."""
    payloads = access.sees_payload(user, job.owner_id)
    attempts = Attempt.objects.filter(job_id=job.pk).order_by("-number")
    if not payloads:
        attempts = attempts.defer("traceback", "logs")
    return {
        "payloads": payloads,
        "hidden": shown.HIDDEN,
        "attempts": [{"row": row, "frames": _frames(row) if payloads else []} for row in attempts[:MOST_ATTEMPTS]],
        "events": timeline(job, payloads=payloads),
        "edges": _edges(job),
        "parked": Job.objects.parked().filter(pk=job.pk).exists(),
        "letter": DeadLetter.objects.filter(job_id=job.pk).first(),
    }


def _frames(row: Attempt) -> list[dict[str, Any]]:
    """The traceback, its locals as pairs: to a template, `locals.items` may be a local of that name."""
    found = row.traceback if isinstance(row.traceback, list) else []
    return [{**frame, "locals": list(frame.get("locals", {}).items())} for frame in found]


def _edges(job: Job) -> list[Dependency]:
    """What it waits or waited for, and what waits or waited for it: an index answers both."""
    parents = Dependency.objects.filter(child_id=job.pk) if job.dependency_policy else Dependency.objects.none()
    children = Dependency.objects.filter(parent_id=job.pk)
    return [*parents[:MOST_EDGES], *children[:MOST_EDGES]]


def owner(job: Job) -> str:
    """The owner's name; their id when they are gone."""
    if job.owner_id is None:
        return "-"
    name = User.objects.filter(pk=job.owner_id).values_list("username", flat=True).first()
    return name or f"user {job.owner_id} (deleted)"
