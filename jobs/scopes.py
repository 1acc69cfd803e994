"""What an API key may be limited to: scopes over named permissions, a tenant, queues. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

READ, WRITE, OPERATE, WORKER, ADMIN = "jobs:read", "jobs:write", "jobs:operate", "worker", "admin"

_READ = frozenset(
    {
        "jobs.view_attempt",
        "jobs.view_deadletter",
        "jobs.view_dependency",
        "jobs.view_duty",
        "jobs.view_idempotencykey",
        "jobs.view_job",
        "jobs.view_notification",
        "jobs.view_payload",
        "jobs.view_queue",
        "jobs.view_schedulerlease",
        "jobs.view_storedfile",
        "jobs.view_worker",
    }
)
_WRITE = frozenset({"jobs.submit_job"})
_OPERATE = frozenset(
    {
        "jobs.cancel_job",
        "jobs.delete_deadletter",
        "jobs.edit_queued_job",
        "jobs.operate_queue",
        "jobs.operate_worker",
        "jobs.replay_job",
        "jobs.retry_job",
    }
)
_WORKER = frozenset({"jobs.run_worker"})
_ADMIN = frozenset({"jobs.edit_limits", "jobs.edit_schedules", "jobs.view_auditentry"})

PERMISSIONS: Mapping[str, frozenset[str]] = {
    READ: _READ,
    WRITE: _WRITE,
    OPERATE: _OPERATE,
    WORKER: _WORKER,
    ADMIN: _READ | _WRITE | _OPERATE | _WORKER | _ADMIN,
}
"""What each scope lets through. None of them reaches users, groups, profiles or keys: a key makes no key."""
_OF_ALL = _ADMIN | frozenset(
    {
        "jobs.operate_worker",
        "jobs.view_duty",
        "jobs.view_job",
        "jobs.view_notification",
        "jobs.view_schedulerlease",
        "jobs.view_storedfile",
        "jobs.view_worker",
    }
)
"""What is about everybody's jobs at once: nothing for a key of one tenant or of some queues, which sees its jobs
one by one (`Limits.sees_all`)."""
_OF_QUEUES = frozenset({"jobs.operate_queue", "jobs.run_worker", "jobs.view_queue"})
"""What is about all tenants' jobs in a queue: nothing for a key of one tenant."""
SEES_OWN = frozenset({READ, WRITE, OPERATE, ADMIN})
"""Scopes with which a key sees the jobs of its own user: who submits a job gets it as the answer."""


def permissions(scopes: Iterable[str]) -> frozenset[str]:
    """The named permissions that `scopes` let through at most."""
    return frozenset().union(*(PERMISSIONS[scope] for scope in scopes))


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a credential reaches; None and nothing mean no limit.

    It can only take away: what its user may not do stays forbidden. Of the jobs that the user sees it
    shows all, or only the user's own (`sees_own`), or none.
    """

    permissions: frozenset[str] | None = None
    sees_all: bool = True
    sees_own: bool = True
    tenant_id: str = ""
    queues: tuple[str, ...] = ()

    @classmethod
    def of_key(cls, scopes: Iterable[str], tenant_id: str = "", queues: Iterable[str] = ()) -> "Limits":
        wanted = frozenset(scopes)
        return cls(
            permissions(wanted) - (_OF_ALL | _OF_QUEUES if tenant_id else _OF_ALL if queues else frozenset()),
            sees_all=bool(wanted & {READ, OPERATE, ADMIN}),
            sees_own=bool(wanted & SEES_OWN),
            tenant_id=tenant_id,
            queues=tuple(queues),
        )

    def allow(self, permission: str) -> bool:
        return self.permissions is None or permission in self.permissions

    def reach_tenant(self, tenant_id: str) -> bool:
        return not self.tenant_id or self.tenant_id == tenant_id

    def reach_queue(self, queue: str) -> bool:
        return not self.queues or queue in self.queues


UNLIMITED = Limits()
