"""The jobs that a job has made: those that name it as their parent."""

from jobs.models import Job
from jobs.services import access
from jobs.services.access import AnyUser

MOST = 50
MOST_LOOKED = 5_000
_COLUMNS = ("type", "queue", "state", "created_at")


def children(parent: Job, user: AnyUser) -> tuple[list[Job], bool]:
    """The first of those that `user` sees, and whether that is sure to be all.

    No index knows a job's parent: it is the 5,000 jobs submitted after it that are looked at.
    """
    after = Job.objects.filter(pk__gt=parent.pk).order_by("pk").values("pk")
    looked = after[:MOST_LOOKED]
    found = access.visible(user).filter(pk__in=looked, parent_job_id=parent.pk).only(*_COLUMNS).order_by("pk")
    rows = list(found[: MOST + 1])
    return rows[:MOST], len(rows) <= MOST and not after[MOST_LOOKED : MOST_LOOKED + 1].exists()
