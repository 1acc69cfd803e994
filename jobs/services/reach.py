"""Which jobs somebody may see, as a value: asked of rows and of what is told of jobs, with the same answer."""

from dataclasses import dataclass

from jobs.models import Job
from jobs.models.job import JobQuerySet


@dataclass(frozen=True, slots=True)
class Reach:
    """Jobs of everybody, or of one owner and of some tenants; within one tenant and some queues, where given."""

    everybody: bool = False
    owner_id: int | None = None
    tenants: frozenset[str] = frozenset()
    tenant_id: str = ""
    queues: tuple[str, ...] = ()

    def covers(self, queue: str, tenant_id: str, owner_id: int | None) -> bool:
        """Whether such a job is among them."""
        own = self.owner_id is not None and self.owner_id == owner_id
        return self.may_cover(queue) and (
            (self.everybody or own or tenant_id in self.tenants) and (not self.tenant_id or self.tenant_id == tenant_id)
        )

    def may_cover(self, queue: str) -> bool:
        """Whether some job of this queue may be."""
        some = self.everybody or self.owner_id is not None
        return some and (not self.queues or queue in self.queues)

    @property
    def is_whole(self) -> bool:
        """Whether it is every tenant's and owner's jobs, in the queues that it has."""
        return self.everybody and not self.tenant_id

    def rows(self) -> JobQuerySet:
        return self._within(Job.objects.all() if self.everybody else self._theirs())

    def parts(self) -> list[JobQuerySet]:
        """`rows` as parts that may overlap, each of which an index has in the order of its ids."""
        if self.everybody or self.owner_id is None:
            return [self.rows()]
        shared = (Job.objects.filter(tenant_id=tenant) for tenant in sorted(self.tenants))
        return [self._within(part) for part in (Job.objects.owned_by(self.owner_id), *shared)]

    def _within(self, found: JobQuerySet) -> JobQuerySet:
        if self.tenant_id:
            found = found.filter(tenant_id=self.tenant_id)
        return found.filter(queue__in=self.queues) if self.queues else found

    def _theirs(self) -> JobQuerySet:
        if self.owner_id is None:
            return Job.objects.none()
        own = Job.objects.owned_by(self.owner_id)
        return own | Job.objects.filter(tenant_id__in=self.tenants) if self.tenants else own
