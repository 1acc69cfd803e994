"""One job, for whoever may see it and is not of the staff that sees them all."""

from typing import Any, ClassVar

from django.http import Http404

from dispatcher.console import cards
from jobs.console.frames import PersonFrame
from jobs.console.page import Page, Panel
from jobs.models import Job
from jobs.queries.attempts import attempts
from jobs.queries.timeline import timeline
from jobs.services import access


def details(page: "MyJobPage") -> dict[str, Any]:
    payloads = access.sees_payload(page.user, page.job.owner_id)
    tried, more = attempts(page.job, payloads=payloads)
    return {
        "job": page.job,
        "payloads": payloads,
        "attempts": tried,
        "more": more,
        "events": reversed(timeline(page.job, payloads=payloads)),
    }


class MyJobPage(Page):
    """Somebody else's job is not there."""

    frame = PersonFrame()
    template = "console/my_job/page.html"
    panels: ClassVar = {"details": Panel("console/my_job/details.html", details, "job", label="Job")}

    job: Job

    def prepare(self) -> None:
        found = access.visible_job(self.user, self.kwargs["job_id"])
        if found is None:
            raise Http404
        self.job = found

    def context(self) -> dict[str, Any]:
        return {"title": f"{self.job.type} {cards.short(self.job.pk)}"}
