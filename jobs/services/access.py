"""Who may see and do what: names of permissions, and the jobs that somebody sees. For API and admin alike."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser, User

from jobs.errors import NotAllowed
from jobs.models import Job
from jobs.models.job import JobQuerySet
from jobs.registry import Definition, registry

VIEW_JOB = "jobs.view_job"
VIEW_PAYLOAD = "jobs.view_payload"
SUBMIT_JOB = "jobs.submit_job"
CANCEL_JOB = "jobs.cancel_job"
RETRY_JOB = "jobs.retry_job"
REPLAY_JOB = "jobs.replay_job"
EDIT_QUEUED_JOB = "jobs.edit_queued_job"
DELETE_DEAD_LETTER = "jobs.delete_deadletter"
VIEW_QUEUE = "jobs.view_queue"
OPERATE_QUEUE = "jobs.operate_queue"
VIEW_WORKER = "jobs.view_worker"
OPERATE_WORKER = "jobs.operate_worker"
EDIT_LIMITS = "jobs.edit_limits"
EDIT_SCHEDULES = "jobs.edit_schedules"
VIEW_AUDIT = "jobs.view_auditentry"

HIDDEN = "(hidden)"
AnyUser = User | AnonymousUser


def visible(user: AnyUser) -> JobQuerySet:
    """The jobs that `user` may see: all with the permission to view jobs, else their own."""
    if user.has_perm(VIEW_JOB):
        return Job.objects.all()
    if user.pk is None or not user.is_active:
        return Job.objects.none()
    return Job.objects.owned_by(user.pk)


def check_type(user: AnyUser, type_name: str) -> None:
    """Some types ask for more than the permission to submit. Raises NotAllowed."""
    if not may_submit(user, registry.get(type_name)):
        raise NotAllowed(f"type: you may not submit {type_name}")


def may_submit(user: AnyUser, definition: Definition) -> bool:
    """Whether `user`, who may submit, may submit this type too."""
    return definition.permission is None or user.has_perm(definition.permission)


def sees_payload(user: AnyUser, owner_id: int | None) -> bool:
    """Whether `user` may see payload, result, logs and tracebacks of a job; its owner always may."""
    own = user.pk is not None and user.is_active and user.pk == owner_id
    return own or user.has_perm(VIEW_PAYLOAD)


def check_payload(user: AnyUser, owner_id: int | None) -> None:
    """Raises NotAllowed unless `user` may see, and so replace, what is in a job."""
    if not sees_payload(user, owner_id):
        raise NotAllowed("you may not see what is in this job")


def redacted(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What an audit row says of before or after, for somebody who may not see payloads."""
    if values is None:
        return None
    return {name: HIDDEN if name == "payload" else value for name, value in values.items()}
