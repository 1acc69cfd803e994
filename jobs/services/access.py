"""Who may see and do what: names of permissions, and the jobs that somebody sees. For API and admin alike."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User

from jobs.envelope import JobRequest
from jobs.errors import NotAllowed
from jobs.models import Job, LimitedUser, Profile
from jobs.models.job import JobQuerySet
from jobs.registry import Definition, registry
from jobs.scopes import UNLIMITED, Limits
from jobs.services.reach import Reach
from jobs.store import rows

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
REBUILD_QUEUES = "jobs.rebuild_queues"
VIEW_WORKER = "jobs.view_worker"
OPERATE_WORKER = "jobs.operate_worker"
EDIT_LIMITS = "jobs.edit_limits"
EDIT_SCHEDULES = "jobs.edit_schedules"
VIEW_AUDIT = "jobs.view_auditentry"
RUN_WORKER = "jobs.run_worker"
ADD_API_KEY = "jobs.add_apikey"
REVOKE_API_KEY = "jobs.revoke_apikey"

HIDDEN = "(hidden)"
AnyUser = User | AnonymousUser


def limits_of(user: AnyUser) -> Limits:
    """What the credential that `user` came by takes away; nothing for a session or a token of a sign-in."""
    return user.limits if isinstance(user, LimitedUser) else UNLIMITED


def tenants_of(user: AnyUser) -> tuple[str, ...]:
    """The tenants in the user's profile; asked once for each instance of a user."""
    if not isinstance(user, User) or user.pk is None:
        return ()
    try:
        return tuple(user.profile.tenants)
    except Profile.DoesNotExist:
        return ()


def visible(user: AnyUser) -> JobQuerySet:
    """The jobs that `user` may see: all with the permission to view jobs, else their own and their tenants'.

    A key sees those of its tenant and its queues only, and none at all without a scope to look or to submit.
    """
    return reach_of(user).rows()


def visible_job(user: AnyUser, job_id: UUID) -> Job | None:
    """The job of this id, if `user` may see it."""
    found = rows.job(job_id)
    return found if found and reach_of(user).covers(found.queue, found.tenant_id, found.owner_id) else None


def reach_of(user: AnyUser) -> Reach:
    """`visible` as a value, for those who are told of jobs without looking at rows."""
    limits = limits_of(user)
    if limits.sees_all and _sees_all(user):
        return Reach(everybody=True, tenant_id=limits.tenant_id, queues=limits.queues)
    if user.pk is None or not user.is_active or not limits.sees_own:
        return Reach()
    shared = frozenset(tenant for tenant in tenants_of(user) if tenant) if limits.sees_all else frozenset()
    return Reach(owner_id=user.pk, tenants=shared, tenant_id=limits.tenant_id, queues=limits.queues)


def check_submit(user: AnyUser, wanted: JobRequest) -> None:
    """Raises NotAllowed unless `user` may submit this type, for this tenant, to this queue."""
    check_type(user, wanted.type)
    check_tenant(user, wanted.tenant_id)
    check_queue(user, wanted.queue or registry.get(wanted.type).queue)


def check_all(user: AnyUser, wanted: Sequence[JobRequest]) -> None:
    """`check_submit` for a batch, in which most are of the same kind. Raises NotAllowed."""
    kinds = {(one.type, one.tenant_id, one.queue): one for one in wanted}
    for one in kinds.values():
        check_submit(user, one)


def check_tenant(user: AnyUser, tenant_id: str) -> None:
    """Raises NotAllowed unless `user` may submit for this tenant.

    Who lists tenants submits for these (a blank one in the list means jobs of no tenant). Who lists none submits
    jobs of no tenant, and for any tenant with the permission to view all jobs.
    """
    listed = tenants_of(user)
    allowed = tenant_id in listed if listed else not tenant_id or _sees_all(user)
    if not (allowed and limits_of(user).reach_tenant(tenant_id)):
        which = "this tenant" if tenant_id else "no tenant: name one of yours"
        raise NotAllowed(f"tenant_id: you may not submit for {which}")


def home_tenant(user: AnyUser) -> str:
    """For whom `user` submits where nothing else is said: no tenant, if they may, else the first of theirs."""
    listed, own = tenants_of(user), limits_of(user).tenant_id
    return own or ("" if not listed or "" in listed else listed[0])


def _sees_all(user: AnyUser) -> bool:
    """Of the user, not of the key: one that only submits does so for the same tenants."""
    return user.holds(VIEW_JOB) if isinstance(user, LimitedUser) else user.has_perm(VIEW_JOB)


def check_queue(user: AnyUser, queue: str) -> None:
    """Raises NotAllowed where a key is limited to other queues."""
    if not limits_of(user).reach_queue(queue):
        raise NotAllowed("queue: this key does not reach this queue")


def check_type(user: AnyUser, type_name: str) -> None:
    """Some types ask for more than the permission to submit. Raises NotAllowed."""
    if not may_submit(user, registry.get(type_name)):
        raise NotAllowed(f"type: you may not submit {type_name}")


def may_submit(user: AnyUser, definition: Definition) -> bool:
    """Whether `user`, who may submit, may submit this type too.

    What asks for more reaches beyond the queue that it runs in, so a key of some queues is not enough. A job knows its
    owner but not the key that it came by: so what tells of all of the owner's jobs is for keys that see them.
    """
    limits = limits_of(user)
    if definition.surveys and (limits.queues or not limits.sees_all):
        return False
    return definition.permission is None or (user.has_perm(definition.permission) and not limits.queues)


def sees_payload(user: AnyUser, owner_id: int | None) -> bool:
    """Whether `user` may see payload, result, logs and tracebacks of a job; its owner always may."""
    own = user.pk is not None and user.is_active and user.pk == owner_id
    return (own and limits_of(user).sees_own) or user.has_perm(VIEW_PAYLOAD)


def check_payload(user: AnyUser, owner_id: int | None) -> None:
    """Raises NotAllowed unless `user` may see what is in a job."""
    if not sees_payload(user, owner_id):
        raise NotAllowed("you may not see what is in this job")


def check_replaced_payloads(user: AnyUser, job_ids: Collection[UUID]) -> None:
    """Raises NotAllowed when one of the jobs is of a type that `user` may not submit.

    Whoever fills in a job's payload says what is done, as whoever submits it does.
    """
    types = Job.objects.filter(pk__in=job_ids).values_list("type", flat=True).distinct()
    for name in types.order_by("type"):
        if registry.find(name):
            check_type(user, name)


def redacted(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What an audit row says of before or after, for somebody who may not see payloads."""
    if values is None:
        return None
    return {name: HIDDEN if name == "payload" else value for name, value in values.items()}
