"""The shape of a job, as every answer gives it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.urls import reverse

from jobs.conf import options
from jobs.models import Dependency, Job, Worker
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.states import State

LINKED = ("events", "attempts", "graph", "logs", "inspection")


def jobs(found: Sequence[Job], user: AnyUser | None, *, parked: bool = True) -> list[dict[str, Any]]:
    """`found` as `user` may see them, with at most four further queries for however many (two for one of one's own).

    Without a user, what is in them stays out. With `parked`, queued jobs of types that no living worker runs say so.
    """
    queued = parked and any(job.state == State.QUEUED for job in found)
    types = Worker.objects.types_run() if queued else None
    owners = _names((job.owner_id for job in found), user)
    edges = _edges([job.id for job in found if job.dependency_policy])
    leases = _leases(job.worker for job in found if job.state == State.RUNNING)
    return [
        {
            **_identity(job, owners),
            **_content(job, shown=user is not None and access.sees_payload(user, job.owner_id)),
            **_way(job, edges.get(job.id, [])),
            "blocked_reason": blocked_reason(job, types),
            **_execution(job, leases),
            "warnings": [],
            "links": links(job),
        }
        for job in found
    ]


def job(found: Job, user: AnyUser) -> dict[str, Any]:
    return jobs([found], user)[0]


def submitted(found: Job, user: AnyUser, warnings: Sequence[str]) -> dict[str, Any]:
    """A job that was submitted just now: whether it is parked is not asked."""
    return {**jobs([found], user, parked=False)[0], "warnings": list(warnings)}


def links(job: Job) -> dict[str, str]:
    """Addresses of the job and of what belongs to it."""
    own = reverse("api:job", args=[job.id])
    return {"self": own, **{name: f"{own}/{name}" for name in LINKED}}


def blocked_reason(job: Job, types_run: Collection[str] | None = None) -> str | None:
    """Why it does not run: an upstream's end, or that it is parked, for no worker that lives is among `types_run`."""
    if job.state == State.QUEUED and types_run is not None and job.type not in types_run:
        return f"parked: no living worker runs {job.type}"
    return job.reason if job.state == State.BLOCKED else None


def _names(ids: Iterable[int | None], user: AnyUser | None) -> dict[int, str]:
    known = {user.pk: user.get_username()} if user is not None and user.pk is not None else {}
    wanted = {one for one in ids if one is not None} - set(known)
    return known | (dict(User.objects.filter(pk__in=wanted).values_list("pk", "username")) if wanted else {})


def _edges(children: Sequence[UUID]) -> Mapping[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    if children:
        for edge in Dependency.objects.filter(child_id__in=children).order_by("id"):
            met = edge.met_at is not None
            shown = {"job_id": str(edge.parent_id), "label": edge.label, "policy": edge.policy, "met": met}
            found[edge.child_id].append(shown)
    return found


def _leases(workers: Iterable[str | None]) -> dict[str, datetime]:
    wanted = {name for name in workers if name}
    return dict(Worker.objects.filter(pk__in=wanted).values_list("pk", "lease_until")) if wanted else {}


def _identity(job: Job, owners: Mapping[int, str]) -> dict[str, Any]:
    return {
        "id": str(job.id),
        "type": job.type,
        "queue": job.queue,
        "tenant_id": job.tenant_id,
        "owner": owners.get(job.owner_id, str(job.owner_id)) if job.owner_id is not None else None,
        "priority": job.priority,
        "state": job.state,
        "schema_version": job.schema_version,
        "idempotency_key": job.idempotency_key,
        "tags": job.tags,
        "workflow_id": _id(job.workflow_id),
        "step": job.step,
        "parent_job_id": _id(job.parent_job_id),
    }


def _content(job: Job, *, shown: bool) -> dict[str, Any]:
    return {
        "payload": job.payload if shown else None,
        "result": job.result if shown else None,
        "artifact": job.artifact if shown else None,
        "progress": job.progress,
        "last_error": job.last_error,
    }


def _way(job: Job, edges: list[dict[str, Any]]) -> dict[str, Any]:
    """When and how often it may run, and what it waits for."""
    return {
        "attempt": job.attempt,
        "tries": job.tries,
        "max_attempts": job.max_attempts,
        "retry_policy": job.retry_policy or options().default_retry.as_json(),
        "timeout": job.timeout,
        "run_at": time(job.run_at),
        "expires_at": time(job.expires_at),
        "dependencies": edges,
        "dependency_policy": job.dependency_policy,
        "throttled_until": None,
    }


def _execution(job: Job, leases: Mapping[str, datetime]) -> dict[str, Any]:
    running = job.state == State.RUNNING
    return {
        "worker_id": job.worker,
        "lease_until": time(leases.get(job.worker or "")) if running else None,
        "cancel_requested_at": time(job.cancel_requested_at),
        "created_at": time(job.created_at),
        "started_at": time(job.started_at),
        "finished_at": time(job.finished_at),
        "execution_ms": milliseconds(job.started_at, job.finished_at),
        "queue_latency_ms": milliseconds(job.run_at, job.started_at),
    }


def _id(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def time(value: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the microsecond that PostgreSQL keeps."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def milliseconds(start: datetime | None, end: datetime | None) -> float | None:
    """Between the two; None when one is missing, or when they are of different attempts."""
    if start is None or end is None or end < start:
        return None
    return round((end - start).total_seconds() * 1000, 3)
