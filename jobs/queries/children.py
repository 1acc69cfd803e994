"""The jobs that a job has made: those that name it as their parent."""

from jobs.models import Job
from jobs.services import access
from jobs.services.access import AnyUser

MOST = 50
_COLUMNS = ("type", "queue", "state", "created_at")


def children(parent: Job, user: AnyUser) -> tuple[list[Job], bool]:
    """The first of those that `user` sees, and whether these are all."""
    found = access.visible(user).filter(parent_job_id=parent.pk).only(*_COLUMNS).order_by("pk")
    rows = list(found[: MOST + 1])
    return rows[:MOST], len(rows) <= MOST
