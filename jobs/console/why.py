"""Why is this job not running? A panel for the page of a job: any `Page` that has a `job`."""

from typing import Any, Protocol

from jobs.console.links import address
from jobs.console.page import Panel
from jobs.models import Job
from jobs.queries.why_waiting import why_waiting
from jobs.services import access
from jobs.services.access import AnyUser


class JobPage(Protocol):
    job: Job

    @property
    def user(self) -> AnyUser: ...


def why(page: JobPage) -> dict[str, Any]:
    """`job` and `reasons`, each with the address of what to look at; none for a job that does not wait."""
    found = why_waiting(page.job, page.user)
    return {"job": page.job, "reasons": [{"reason": one, "address": address(one.target, page.user)} for one in found]}


WHY = Panel("console/job/why.html", why, "job queue worker scheduler", access.VIEW_JOB, "Why it does not run")
