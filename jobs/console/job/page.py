"""One job: the same panels on its page and in the drawer."""

import zlib
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from jobs.console.job import panels
from jobs.console.job.hidden import hide
from jobs.console.page import Page, Panel
from jobs.console.stack import STACK
from jobs.console.visible import visible_job
from jobs.console.why import WHY
from jobs.models import Job
from jobs.services import access

_MOVES = (
    "state",
    "attempt",
    "tries",
    "priority",
    "queue",
    "run_at",
    "unmet",
    "cancel_requested_at",
    "started_at",
    "finished_at",
    "expires_at",
)
"""Columns of which one changes with whatever happens to a job, but for its progress."""


class JobPage(Page):
    """The head is asked for whenever some job has changed, the other panels when it was this one.

    The head's address says how the job was when it was drawn. When it is another by now, the answer tells the
    browser (`moved`) to ask for the rest: so a page about a job that rests costs one row a second, however busy
    the others are.
    """

    template = "console/job/page.html"
    permission = access.VIEW_JOB
    panels: ClassVar = {
        "head": Panel("console/job/head.html", panels.head, "job worker", label="State"),
        "why": WHY,
        "stack": STACK,
        "way": Panel("console/job/way.html", panels.way, "this", label="The way of this job"),
        "attempts": Panel("console/attempts/panel.html", panels.attempts, "this", label="Attempts"),
        "content": Panel("console/job/content.html", panels.content, "this", label="Payload and result"),
        "graph": Panel("console/job/graph.html", panels.graph, "this", label="Dependencies"),
        "profile": Panel("console/job/profile.html", panels.profile, "this", label="Profile"),
    }
    job: Job
    payloads: bool

    def prepare(self) -> None:
        self.job = visible_job(self.user, self.kwargs["job_id"])
        self.payloads = hide(self.job, self.user)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().get(request, *args, **kwargs)
        if request.GET.get("seen", self.stamp) != self.stamp:
            answer["HX-Trigger"] = "moved"
        return answer

    def context(self) -> dict[str, Any]:
        return {"title": f"{self.job.type} …{str(self.job.pk)[-8:]}", "job": self.job}

    @property
    def stamp(self) -> str:
        """Another one after each thing that happened to the job."""
        return f"{zlib.crc32(repr([getattr(self.job, name) for name in _MOVES]).encode()):08x}"

    def address_of(self, name: str) -> str:
        query = {"panel": name, "seen": self.stamp} if name == "head" else {"panel": name}
        return f"{self.request.path}?{urlencode(query)}"
