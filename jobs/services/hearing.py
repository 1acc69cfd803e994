"""What somebody may hear of, as a value: listeners with the same one are served together."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from jobs.news import Told
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.services.reach import Reach

OF_JOBS = frozenset({"job", "workflow"})
"""What has an owner and a tenant."""
PERMISSIONS: Mapping[str, str] = MappingProxyType(
    {
        "queue": access.VIEW_QUEUE,
        "worker": access.VIEW_WORKER,
        "scheduler": "jobs.view_schedulerlease",
        "schedule": access.EDIT_SCHEDULES,
        "rate_limit": access.EDIT_LIMITS,
    }
)
"""Who hears of what is no job, by the first word of its kind. Of everything else: who sees everybody's jobs."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Jobs within `reach`, and kinds that begin with one of `areas`."""

    reach: Reach
    areas: frozenset[str] = frozenset()

    def hears(self, told: Told) -> bool:
        area = told.kind.partition(".")[0]
        if area not in OF_JOBS:
            known = self.reach.is_whole if area not in PERMISSIONS else area in self.areas
            return known and (not told.queue or not self.reach.queues or told.queue in self.reach.queues)
        if told.tenant_id is None:
            return self.reach.is_whole and self.reach.may_cover(told.queue)
        return self.reach.covers(told.queue, told.tenant_id, told.owner_id)

    def may_miss(self, told: Told) -> bool:
        """Whether jobs within reach may be among those that were only counted, and nobody can tell which."""
        return told.tenant_id is None and not self.reach.is_whole and self.reach.may_cover(told.queue)


def of(user: AnyUser) -> Scope:
    """Asks PostgreSQL for what `user` may do."""
    return Scope(access.reach_of(user), frozenset(area for area, name in PERMISSIONS.items() if user.has_perm(name)))
