"""The live feed: what happened lately, as far as Redis remembers it, filtered by the address."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property

from jobs.console import asked
from jobs.console.asked import Asked
from jobs.console.job import filters
from jobs.console.links import address
from jobs.console.page import Page, Panel
from jobs.errors import BrokerUnavailable
from jobs.filters import event_filters
from jobs.queries.events import Event, Wanted, lately
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.waits import Target

LIVE = "job queue worker scheduler"
FEW = 12
STATES = {
    "job.enqueued": "queued",
    "job.released": "queued",
    "job.unblocked": "queued",
    "job.activated": "queued",
    "job.retried": "queued",
    "job.replayed": "queued",
    "job.snoozed": "scheduled",
    "job.blocked": "blocked",
    "job.dependency_failed": "blocked",
    "job.started": "running",
    "job.retrying": "retrying",
    "job.succeeded": "succeeded",
    "job.failed": "failed",
    "job.cancelled": "cancelled",
    "job.cancel_requested": "cancelled",
    "queue.created": "open",
    "queue.paused": "paused",
    "queue.resumed": "open",
    "queue.drained": "draining",
    "worker.started": "alive",
    "worker.heartbeat": "alive",
    "worker.resumed": "alive",
    "worker.cordoned": "cordoned",
    "worker.drained": "draining",
    "worker.stopped": "cancelled",
    "worker.lost": "lost",
    "scheduler.leader_acquired": "alive",
    "scheduler.leader_lost": "lost",
}
"""The token in which a kind is shown; one that is not here is a word without a colour."""
KINDS = ("job", "queue", "worker", "scheduler", *STATES)


def shown(event: Event, user: AnyUser) -> dict[str, Any]:
    """A row of the feed, with links to where this person may go."""
    told = event.told
    is_worker = told.kind.startswith("worker.") and told.name
    return {
        "at": event.at,
        "told": told,
        "state": STATES.get(told.kind, ""),
        "job": address(Target("job", told.job_id) if told.job_id else None, user),
        "queue": address(Target("queue", told.queue) if told.queue else None, user),
        "name": address(Target("worker", told.name), user) if is_worker else "",
    }


def _few(page: Page) -> dict[str, Any]:
    try:
        events = lately(page.user, Wanted(), limit=FEW).events[:FEW]
    except BrokerUnavailable:
        return {"away": True}
    return {"events": [shown(event, page.user) for event in events]}


FEED = Panel("console/events/few.html", _few, LIVE, access.VIEW_JOB, "Live feed", 2)
"""The newest ones, for any page."""


def _rows(page: "EventsPage") -> dict[str, Any]:
    values = page.asked.values
    if page.asked.problem:
        return {"problem": page.asked.problem}
    try:
        found = lately(page.user, event_filters.wanted(values), values.get("before", ""))
    except BrokerUnavailable:
        return {"away": True}
    events = [shown(event, page.user) for event in found.events]
    return {"events": events, "found": found, "filtered": bool(values), "before": "before" in values}


class EventsPage(Page):
    """`/admin/events/?kind=job.failed&queue=mail`"""

    template = "console/events/page.html"
    title = "Events"
    permission = access.VIEW_JOB
    panels: ClassVar = {"feed": Panel("console/events/rows.html", _rows, LIVE, label="Events")}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "panel" not in request.GET and (tidy := filters.tidy(request.GET)) is not None:
            return HttpResponseRedirect(tidy)
        return super().get(request, *args, **kwargs)

    def context(self) -> dict[str, Any]:
        return {"form": filters.form(self.asked), "chips": filters.chips(self.asked), "kinds": KINDS}

    @cached_property
    def asked(self) -> Asked:
        return asked.read(self.request, event_filters.FILTERS)
