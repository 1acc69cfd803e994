"""A running job's stack: a panel for the page of a job (any `Page` that has a `job`), and the button that takes it."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from jobs import actors
from jobs.console.answers import Level, acted
from jobs.console.page import Page, Panel
from jobs.console.why import JobPage
from jobs.errors import FlowbitError
from jobs.services import access, stacks
from jobs.states import State

_SAID: dict[str, tuple[str, Level]] = {
    "running": ("The stack was taken.", "success"),
    "waiting": ("Its worker has it in its line: it has not begun yet.", "info"),
    "ended": ("This attempt has just ended.", "info"),
    "silent": ("Its worker did not answer.", "warning"),
}


def stack(page: JobPage) -> dict[str, Any]:
    """The stack that was taken last, whether it is stale, and whether another can be taken."""
    found = stacks.kept(page.job, page.user)
    return {
        "job": page.job,
        "stack": found,
        "frames": [_frame(one) for one in reversed(found.frames)] if found else [],
        "stale": found is not None and found.is_stale(page.job),
        "can_take": page.job.state == State.RUNNING,
        "payloads": access.sees_payload(page.user, page.job.owner_id),
    }


def _frame(frame: dict[str, Any]) -> dict[str, Any]:
    """The locals as pairs: to a template, `locals.items` may be a local of that name."""
    return {**frame, "locals": list(frame.get("locals", {}).items())}


STACK = Panel("console/job/stack.html", stack, "job", access.OPERATE_WORKER, "What it does right now")


class TakeStack(Page):
    """POST asks the worker of a running job where it stands."""

    permission = access.OPERATE_WORKER
    http_method_names = ["post"]

    def post(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        back = reverse("admin:jobs_job_change", args=[job_id])
        try:
            found = stacks.take(job_id, self.user, actors.of_request(request))
        except FlowbitError as error:
            return acted(request, error.message, back, "warning")
        return acted(request, *_answer(found.status, back))


def _answer(status: str, back: str) -> tuple[str, str, Level]:
    said, level = _SAID[status]
    return said, back, level
