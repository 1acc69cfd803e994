"""The list of jobs: filtered, by keyset, live, with verbs on what is selected."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property

from jobs.console import asked
from jobs.console.asked import Asked
from jobs.console.bulk.panel import LATELY
from jobs.console.job import filters
from jobs.console.job.verbs import VERBS
from jobs.console.page import Page, Panel
from jobs.console.verb import buttons
from jobs.filters import cursors, job_filters
from jobs.models import Job, Worker
from jobs.queries import job_search, pages
from jobs.queries.job_search import JobFilter
from jobs.queries.live_counts import live_counts
from jobs.queries.pages import Place
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.states import FINAL, PARKED, State, parse

LIMIT = 50
MOST = 100
"""Rows of a page, however many are asked for: rendering one costs more than finding it."""
WIDE = ("payload", "result", "backend_data", "retry_policy", "reason", "progress_note")
"""Columns that a row of the list does without."""
BULK = {"cancel": "job.cancel", "retry": "job.retry", "priority": "job.priority", "edit": "job.move"}
"""What a verb on selected rows is called as an operation on all that match."""
_ORDER = (State.SCHEDULED, State.BLOCKED, State.QUEUED, State.RUNNING, State.RETRYING)


def states(page: "JobsPage") -> dict[str, Any]:
    """A link for each state; what lives is counted, what has ended is too much to be counted."""
    found = live_counts()
    together = found.together()
    live = [(state.value, together[state]) for state in _ORDER]
    chosen = page.asked.texts.get("state", "")
    return {"live": live, "ended": sorted(FINAL), "counted_at": found.counted_at, "chosen": chosen}


def rows(page: "JobsPage") -> dict[str, Any]:
    if page.asked.problem:
        return {"problem": page.asked.problem}
    place, limit = cursors.wanted({"limit": LIMIT, **page.asked.values})
    found, passed = _found(page.user, job_filters.wanted(page.asked.values), place, min(limit, MOST))
    types = _types_run(found.rows)
    return {
        "found": found,
        "passed": passed,
        "rows": [(job, _shown_state(job, types)) for job in found.rows],
        "older": page.beside(found.older),
        "newer": page.beside(found.newer),
        "any": bool(found.rows) or Job.objects.exists(),
        "picks": bool(page.buttons),
    }


def _found(user: AnyUser, wanted: JobFilter, place: Place, limit: int) -> tuple[pages.Page[Job], int | None]:
    """The page; and how many of the newest it passes over, where only ended jobs are wanted and those all wait."""
    look = partial(job_search.search, user, wanted, limit=limit, without=WIDE)
    front = Job.objects.next_in_line() if place.key is None and _ended_alone(wanted.states) else None
    if front is None:
        return look(place), None
    newest = look(place, patience=pages.HURRY / 2)
    if newest.rows or newest.complete:
        return newest, None
    return look(Place(front.int), patience=pages.HURRY / 2), newest.scanned


def _ended_alone(words: Sequence[str]) -> bool:
    """What failed has an index, and needs no search."""
    wanted = {parse(word) for word in words if word != PARKED}
    return bool(wanted) and len(wanted) == len(set(words)) and wanted <= FINAL and wanted != {State.FAILED}


def _types_run(found: list[Job]) -> set[str] | None:
    """The types that living workers run, asked only where a job may be parked."""
    return Worker.objects.types_run() if any(job.state == State.QUEUED for job in found) else None


def _shown_state(job: Job, types: set[str] | None) -> str:
    return "parked" if job.state == State.QUEUED and types is not None and job.type not in types else job.state


class JobsPage(Page):
    """`/admin/jobs/job/?state=failed&queue=mail&payload.to=ada`: the API's filters, in the address."""

    template = "console/jobs/page.html"
    title = "Jobs"
    permission = access.VIEW_JOB
    panels: ClassVar = {
        "operations": LATELY,
        "states": Panel("console/jobs/states.html", states, "job", label="Jobs by state"),
        "rows": Panel("console/jobs/rows.html", rows, "job worker", label="Jobs"),
    }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "panel" in request.GET:
            return super().get(request, *args, **kwargs)
        if (address := filters.tidy(request.GET)) is not None:
            return HttpResponseRedirect(address)
        return self.answer(request, status=400 if self.asked.problem else 200)

    def context(self) -> dict[str, Any]:
        return {
            "form": filters.form(self.asked),
            "chips": filters.chips(self.asked),
        }

    @property
    def may_submit(self) -> bool:
        return self.user.has_perm(access.SUBMIT_JOB)

    @cached_property
    def asked(self) -> Asked:
        return asked.read(self.request, job_filters.LIST)

    @cached_property
    def buttons(self) -> list[dict[str, Any]]:
        """For each verb: on what is selected, and on all that match where that can be done."""
        return [
            {"button": one, "all": _bulk_address(BULK[one.name], self.asked.texts)}
            for one in buttons(VERBS, self.user, "job")
        ]

    def beside(self, place: pages.Place | None) -> str:
        """The address of the page that begins there."""
        if place is None:
            return ""
        kept = {name: text for name, text in self.asked.texts.items() if name != "cursor"}
        return f"?{urlencode({**kept, 'cursor': cursors.text(place)})}"


def _bulk_address(verb: str, texts: Any) -> str:
    try:
        begin = reverse("console-bulk-begin")
    except NoReverseMatch:
        return ""
    kept = {name: text for name, text in texts.items() if name not in ("cursor", "limit")}
    return f"{begin}?{urlencode({'verb': verb, **kept})}"
