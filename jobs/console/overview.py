"""The overview: what is wrong and what to press, what runs, and how it went in the last hour."""

from typing import Any, ClassVar

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode

from jobs.console.events import FEED
from jobs.console.page import Page, Panel
from jobs.models import Worker
from jobs.queries import attention, health
from jobs.queries.dead_letters import LetterFilter, search
from jobs.queries.overview import Overview, overview, percentiles, rates
from jobs.queries.pages import Place
from jobs.services import access
from jobs.states import State

MINUTES = 60
MOST_ROWS = 12
_LIVE = (State.SCHEDULED, State.BLOCKED, State.QUEUED, State.RUNNING, State.RETRYING)
_ENDED = (State.SUCCEEDED, State.FAILED, State.CANCELLED)
_PAGES = {
    "queue": ("admin:jobs_queue_changelist", ""),
    "worker": ("admin:jobs_worker_changelist", ""),
    "type": ("admin:jobs_deadletter_changelist", "type"),
    "parked": ("admin:jobs_job_changelist", "type"),
    "duty": ("admin:jobs_duty_changelist", ""),
}


def concerns(page: "OverviewPage") -> dict[str, Any]:
    return {"concerns": [(one, _link(one.about, one.key)) for one in attention.attention()]}


def _link(about: str, key: str) -> str:
    """Where somebody goes to do something about it; empty where that is not in the console."""
    name, parameter = _PAGES.get(about, ("", ""))
    if not name:
        return ""
    return f"{reverse(name)}?{urlencode({parameter: key})}" if parameter else reverse(name)


def counters(page: "OverviewPage") -> dict[str, Any]:
    """The states in the order in which a job goes through them, and the rates of the last hour."""
    found = page.figures
    live = found.live.together()
    return {
        "live": [(state.value, live[state]) for state in _LIVE],
        "ended": [(state.value, found.total.states.get(state, 0)) for state in _ENDED],
        "counted_at": found.live.counted_at,
        "rates": rates(found.total, found.seconds),
    }


def throughput(page: "OverviewPage") -> dict[str, Any]:
    shown = (State.SUCCEEDED, State.FAILED, State.RETRYING)
    rows = [
        (minute, {state.value: figures.states.get(state, 0) for state in shown})
        for minute, figures in page.figures.trend
    ]
    return {"rows": rows, "any": any(any(counts.values()) for _, counts in rows)}


def latency(page: "OverviewPage") -> dict[str, Any]:
    """Of running and of waiting: a chart each."""
    rows = [{"at": minute, **percentiles(figures)} for minute, figures in page.figures.trend]
    charts = (
        ("run", "Run time", [(row["at"], row["run_ms"]) for row in rows]),
        ("wait", "Queue latency", [(row["at"], row["queue_latency_ms"]) for row in rows]),
    )
    total = percentiles(page.figures.total)
    return {"charts": [(*charts[0], total["run_ms"]), (*charts[1], total["queue_latency_ms"])]}


def queues(page: "OverviewPage") -> dict[str, Any]:
    """The fullest queues, each with its share of the fullest."""
    live = page.figures.live
    rows = [(queue, live.of(queue.name), figures) for queue, figures in page.figures.queues]
    rows.sort(key=lambda row: (-sum(row[1].values()), row[0].name))
    most = max((sum(counts.values()) for _, counts, _ in rows), default=0)
    return {"rows": rows[:MOST_ROWS], "others": max(0, len(rows) - MOST_ROWS), "most": most}


def types(page: "OverviewPage") -> dict[str, Any]:
    """Those that failed most first: here somebody finds what is wrong."""
    rows = [
        {
            "type": name,
            "succeeded": figures.states.get(State.SUCCEEDED, 0),
            "failed": figures.states.get(State.FAILED, 0),
            **rates(figures, 60.0 * MINUTES),
            "p95": percentiles(figures)["run_ms"]["p95"],
        }
        for name, figures in page.figures.types.items()
    ]
    rows.sort(key=lambda row: (-row["failed"], -row["succeeded"], row["type"]))
    return {"rows": rows[:MOST_ROWS], "others": max(0, len(rows) - MOST_ROWS)}


def workers(page: "OverviewPage") -> dict[str, Any]:
    return {"rows": Worker.objects.alive().order_by("pk")[:MOST_ROWS], "totals": page.figures.workers}


def stores(page: "OverviewPage") -> dict[str, Any]:
    """Health of both stores, and who leads among the schedulers."""
    checks = (("PostgreSQL", health.database()), ("Redis", health.redis()))
    return {"checks": checks, "leader": page.figures.leader}


def failures(page: "OverviewPage") -> dict[str, Any]:
    return {"letters": search(page.user, LetterFilter(), Place(), 8).rows}


class OverviewPage(Page):
    """Every person of the staff lands here; a panel that they may not see is not there."""

    template = "console/overview/page.html"
    title = "Overview"
    panels: ClassVar = {
        "concerns": Panel(
            "console/overview/concerns.html", concerns, "job queue worker scheduler", access.VIEW_JOB, "Attention", 5
        ),
        "counters": Panel("console/overview/counters.html", counters, "job queue", access.VIEW_JOB, "Jobs by state"),
        "throughput": Panel("console/overview/throughput.html", throughput, "job", access.VIEW_JOB, "Throughput", 5),
        "latency": Panel("console/overview/latency.html", latency, "job", access.VIEW_JOB, "Latency", 10),
        "queues": Panel("console/overview/queues.html", queues, "job queue", access.VIEW_QUEUE, "Queues", 2),
        "types": Panel("console/overview/types.html", types, "job", access.VIEW_JOB, "Types", 5),
        "workers": Panel("console/overview/workers.html", workers, "worker job", access.VIEW_WORKER, "Workers", 2),
        "stores": Panel("console/overview/stores.html", stores, "worker scheduler", "", "Stores", 5),
        "failures": Panel(
            "console/overview/failures.html", failures, "job", "jobs.view_deadletter", "Latest failures", 2
        ),
        "feed": FEED,
    }

    @cached_property
    def figures(self) -> Overview:
        """Asked once for all panels of one answer."""
        return overview(MINUTES)
