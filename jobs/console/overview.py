"""The overview: what runs, what is wrong, and how it went in the last hour."""

from typing import Any, ClassVar

from django.utils.functional import cached_property

from jobs.console.page import Page, Panel
from jobs.queries.overview import Overview, overview, percentiles, rates
from jobs.states import State

MINUTES = 60


def counters(page: "OverviewPage") -> dict[str, Any]:
    """The states in the order in which a job goes through them, and the rates of the last hour."""
    found = page.figures
    live = found.live.together()
    order = (State.SCHEDULED, State.BLOCKED, State.QUEUED, State.RUNNING, State.RETRYING)
    ended = (State.SUCCEEDED, State.FAILED, State.CANCELLED)
    return {
        "live": [(state.value, live[state]) for state in order],
        "ended": [(state.value, found.total.states.get(state, 0)) for state in ended],
        "counted_at": found.live.counted_at,
        "rates": rates(found.total, found.seconds),
    }


def throughput(page: "OverviewPage") -> dict[str, Any]:
    rows = [
        {
            "at": minute,
            "succeeded": figures.states.get(State.SUCCEEDED, 0),
            "failed": figures.states.get(State.FAILED, 0),
            "retrying": figures.states.get(State.RETRYING, 0),
        }
        for minute, figures in page.figures.trend
    ]
    return {"rows": rows, "any": any(row["succeeded"] or row["failed"] or row["retrying"] for row in rows)}


def latency(page: "OverviewPage") -> dict[str, Any]:
    rows = [{"at": minute, **percentiles(figures)} for minute, figures in page.figures.trend]
    return {"rows": rows, "total": percentiles(page.figures.total)}


class OverviewPage(Page):
    """Every person of the staff lands here; a panel that they may not see is not there."""

    template = "console/overview/page.html"
    title = "Overview"
    panels: ClassVar = {
        "counters": Panel("console/overview/counters.html", counters, "job", "jobs.view_job", "Jobs by state"),
        "throughput": Panel("console/overview/throughput.html", throughput, "job", "jobs.view_job", "Throughput"),
        "latency": Panel("console/overview/latency.html", latency, "job", "jobs.view_job", "Latency"),
    }

    @cached_property
    def figures(self) -> Overview:
        """Asked once for all panels of one answer."""
        return overview(MINUTES)
