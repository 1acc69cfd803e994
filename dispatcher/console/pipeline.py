"""The pipeline: jobs as cards that move from column to column, and the bar in which a sentence becomes a job."""

import json
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.functional import cached_property

from dispatcher.console import cards, prompt
from dispatcher.console.prompt import Draft
from jobs.console.frames import PersonFrame
from jobs.console.page import Page, Panel
from jobs.console.spark import points
from jobs.models import DeadLetter, Worker
from jobs.queries.board import COLUMNS, Board, board
from jobs.queries.board_figures import BoardFigures, of_all, of_looked, together
from jobs.services import access
from jobs.states import State

LETTERS = 6
VIEW_LETTER = "jobs.view_deadletter"
_EMPTY = {
    "pending": "What waits for a worker, for its time or for another job.",
    "running": "What a worker has in hand.",
    "retrying": "What failed and will be tried again.",
    "succeeded": "What ended well, the last on top.",
    "failed": "What failed for good, or was cancelled.",
}


def strip(page: "PipelinePage") -> dict[str, Any]:
    """How many wait and run, and how the last hour went, minute by minute."""
    found = page.figures
    hour, minutes = found.hour, found.minutes
    metrics = [
        _metric("ended", "Ended in the last hour", hour.ended, [one.ended for one in minutes]),
        _metric("succeeded", "Succeeded", hour.success, [one.succeeded for one in minutes]),
        _metric("failed", "Failed", hour.failure, [one.failed for one in minutes]),
    ]
    return {"depth": found.depth, "running": found.states[State.RUNNING], "metrics": metrics}


def _metric(name: str, label: str, value: float | None, minutes: list[int]) -> dict[str, Any]:
    return {"name": name, "label": label, "value": value, "most": max(minutes), "points": points(minutes)}


def columns(page: "PipelinePage") -> dict[str, Any]:
    """Each column with its cards, how many there are, and how many in each of its states."""
    queued = any(job.state == State.QUEUED for job in page.board.columns["pending"])
    types = Worker.objects.types_run() if queued else None
    counts = page.figures.states
    shown = [
        {
            "name": name,
            "cards": cards.cards(page.user, page.board.columns[name], types, page.latest),
            "count": together(counts[state] for state in states if state in counts),
            "states": [(state.value, counts[state]) for state in states] if name == "pending" else [],
            "ended": name in ("succeeded", "failed"),
            "empty": _EMPTY[name],
        }
        for name, states in COLUMNS.items()
    ]
    return {"columns": shown, "nothing": not page.board.looked}


def letters(page: "PipelinePage") -> dict[str, Any]:
    """The latest dead letters for those who may see them; else the failed jobs that they see."""
    if page.sees_all and page.user.is_staff and page.user.has_perm(VIEW_LETTER):
        return {"letters": DeadLetter.objects.order_by("-failed_at")[:LETTERS]}
    failed = [job for job in page.board.columns["failed"] if job.state == State.FAILED]
    return {"letters": None, "failed": cards.cards(page.user, failed[:LETTERS], None, None)}


def feed(page: "PipelinePage") -> dict[str, Any]:
    return {"events": cards.events(page.user, page.board.looked)}


def bar(page: "PipelinePage") -> dict[str, Any]:
    return prompt.shown(page.user, page.draft)


class PipelinePage(Page):
    """All jobs for those who may view them, for everybody else their own. `POST` is the prompt bar's form."""

    template = "console/pipeline/page.html"
    panels: ClassVar = {
        "strip": Panel("console/pipeline/strip.html", strip, "job", label="Figures"),
        "board": Panel("console/pipeline/board.html", columns, "job", label="Jobs by state"),
        "letters": Panel("console/pipeline/letters.html", letters, "job", label="What failed"),
        "feed": Panel("console/pipeline/feed.html", feed, "job", label="Latest events"),
        "prompt": Panel("console/pipeline/prompt.html", bar, "", access.SUBMIT_JOB, "Plain English"),
    }

    draft = Draft()

    def context(self) -> dict[str, Any]:
        return {"title": "Pipeline" if self.sees_all else "My jobs"}

    @cached_property
    def sees_all(self) -> bool:
        return self.user.has_perm(access.VIEW_JOB)

    @cached_property
    def may_submit(self) -> bool:
        return self.user.has_perm(access.SUBMIT_JOB)

    @property
    def links_counts(self) -> bool:
        """Whether there is a list to go to from a number."""
        return self.sees_all and self.user.is_staff

    @cached_property
    def latest(self) -> UUID | None:
        return prompt.latest(self.user) if self.may_submit else None

    @cached_property
    def board(self) -> Board:
        return board(self.user, [self.latest] if self.latest else [])

    @cached_property
    def figures(self) -> BoardFigures:
        return (of_all if self.sees_all else of_looked)(self.board, timezone.now())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send or preview a sentence: to HTMX the bar anew, else the page."""
        if not self.may_submit:
            return self.refused(request)
        preview = request.POST.get("action") == "preview"
        self.draft = prompt.acted(self.user, request.POST.get("prompt", ""), preview=preview)
        status = 422 if self.draft.problem else 200
        if request.headers.get("HX-Request"):
            return self._heard(self.panel(request, "prompt", status))
        if self.draft.sent is None:
            return self.answer(request, status)
        messages.success(request, f"Sent: {self.draft.sent.type}.")
        return HttpResponseRedirect(request.path)

    def _heard(self, response: HttpResponse) -> HttpResponse:
        """The browser makes the card that it has shown already the job's, and asks for the board anew."""
        if sent := self.draft.sent:
            response["HX-Trigger"] = json.dumps({"sent": {"job": str(sent.row.job_id)}, "acted": {}})
        return response


class HomePage(PipelinePage):
    """The same outside of the admin."""

    frame = PersonFrame()
