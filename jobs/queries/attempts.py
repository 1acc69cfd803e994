"""A job's attempts, for those who may see what is in them."""

from jobs.models import Attempt, Job

MOST = 100


def attempts(job: Job, *, payloads: bool) -> tuple[list[Attempt], bool]:
    """The newest attempts, newest first, without tracebacks and logs unless `payloads`; and whether there are more."""
    rows = Attempt.objects.filter(job_id=job.pk).order_by("-number")
    if not payloads:
        rows = rows.defer("traceback", "logs")
    found = list(rows[: MOST + 1])
    return found[:MOST], len(found) > MOST
