"""Do PostgreSQL and Redis agree? A panel for the overview, a page of its own, and the button that rebuilds Redis."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property

from jobs import actors
from jobs.console.answers import Level, acted
from jobs.console.forms import ReasonForm
from jobs.console.page import Page, Panel
from jobs.errors import FlowbitError
from jobs.queries.truth import Truth, compared, truth
from jobs.services import access, stores
from jobs.services.agreement import Agreement
from jobs.services.stores import Rebuilt


def of_queue(name: str) -> dict[str, Any]:
    """How the two agree about one queue; `row` is None while Redis does not answer."""
    found = compared(name)
    return {"agreement": found, "row": found.queues[0] if found else None}


def summary(page: Any) -> dict[str, Any]:
    """For any page; one that has a `truth` already is not made to ask twice."""
    found: Truth = page.truth if isinstance(page, StoresPage) else truth()
    may_rebuild = page.user.has_perm(access.REBUILD_QUEUES)
    own = isinstance(page, StoresPage)
    return {"truth": found, **_compared(found.agreement), "may_rebuild": may_rebuild, "own": own}


def _compared(agreement: Agreement | None) -> dict[str, Any]:
    """With what all queues have together."""
    return {"agreement": agreement, "totals": agreement.shown() if agreement else {}}


def by_queue(page: "StoresPage") -> dict[str, Any]:
    return {"agreement": page.truth.agreement}


def healed(page: "StoresPage") -> dict[str, Any]:
    found = page.truth
    return {"duties": [one for one in (found.reconciler, found.rebuilder) if one], "led": found.led}


def rebuilds(page: "StoresPage") -> dict[str, Any]:
    """The audit rows of the latest, as before and after."""
    return {"rows": page.truth.rebuilds}


_PAUSE = 5.0
"""Seconds between two comparisons for one page: each asks both stores for some thousand ids."""
TRUTH = Panel(
    "console/stores/summary.html", summary, "queue scheduler", access.VIEW_QUEUE, "How the stores agree", _PAUSE
)


class StoresPage(Page):
    template = "console/stores/page.html"
    title = "Stores"
    permission = access.VIEW_QUEUE
    panels: ClassVar = {
        "truth": TRUTH,
        "queues": Panel("console/stores/queues.html", by_queue, "queue scheduler", label="By queue", every=_PAUSE),
        "healed": Panel("console/stores/healed.html", healed, "scheduler", label="Healed so far"),
        "rebuilds": Panel("console/stores/rebuilds.html", rebuilds, "queue", access.VIEW_AUDIT, "Rebuilt by hand"),
    }

    @cached_property
    def truth(self) -> Truth:
        """Asked once for all panels of one answer."""
        return truth()


class RebuildForm(ReasonForm):
    """As for every verb, but this one wants a reason."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True


class RebuildPage(Page):
    """GET asks, with what is there now; POST flushes Redis and rebuilds it."""

    template = "console/stores/rebuild.html"
    title = "Flush Redis and rebuild it"
    permission = access.REBUILD_QUEUES
    form: forms.Form | None = None

    def context(self) -> dict[str, Any]:
        return {"form": self.form or RebuildForm(), **_compared(truth().agreement)}

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RebuildForm(request.POST)
        if form.is_valid():
            try:
                found = stores.flush_and_rebuild(actors.of_request(request), form.cleaned_data["reason"])
            except FlowbitError as error:
                form.add_error(None, error.message)
            else:
                level: Level = "warning" if found.unfinished or not found.after.agrees else "success"
                return acted(request, _told(found), reverse("console-truth"), level)
        self.form = form
        answer = self.get(request)
        answer.status_code = 422
        return answer


def _told(found: Rebuilt) -> str:
    ready = found.after.total("lanes") + found.after.total("claimed")
    missing = found.after.total("missing")
    said = f"Keys deleted: {found.keys:,}. Jobs ready again in Redis: {ready:,}; missing: {missing:,}."
    if found.unfinished:
        said += f" Still being rebuilt: {', '.join(found.unfinished[:5])}."
    return said
