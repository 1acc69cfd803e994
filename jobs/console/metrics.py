"""Figures over hours or days: rates, latency and backlog, by time, by type and by queue."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property

from jobs.console import asked
from jobs.console.asked import Asked
from jobs.console.job import filters
from jobs.console.page import Page, Panel
from jobs.filters import query
from jobs.filters.query import Parameter
from jobs.queries.history import RANGES, History, Range, history
from jobs.queries.live_counts import Backlog, backlog
from jobs.queries.overview import percentiles, rates
from jobs.services import access
from jobs.states import State
from jobs.tally import Figures

MOST_ROWS = 50
FILTERS = (
    Parameter("range", "How far back", query.one_of(tuple(RANGES))),
    Parameter("queue", "A queue's name"),
    Parameter("type", "A type's own name"),
)


def _counts(figures: Figures) -> dict[str, int]:
    states = figures.states
    return {
        "in": figures.enqueued,
        "started": figures.started,
        "succeeded": states.get(State.SUCCEEDED, 0),
        "failed": states.get(State.FAILED, 0),
        "retried": states.get(State.RETRYING, 0),
    }


def _per_minute(figures: Figures, minutes: float) -> dict[str, float]:
    return {name: round(count / minutes, 2) for name, count in _counts(figures).items()}


def _line(key: str, figures: Figures, waiting: Backlog | None) -> dict[str, Any]:
    """A type or a queue: what happened there, how long it took, what waits."""
    times = percentiles(figures)
    counts = _counts(figures)
    shares = {**rates(figures, 1.0), "run": times["run_ms"], "wait": times["queue_latency_ms"]}
    return {"key": key, "counts": counts, "backlog": waiting, **shares}


def _table(page: "MetricsPage", by: Literal["queue", "type"], found: Mapping[str, Figures]) -> dict[str, Any]:
    """Those with most failures first, then those with most work; what only waits is there, too."""
    waiting = backlog(by, page.word("queue"), page.word("type"))
    rows = [_line(key, found.get(key, Figures()), waiting.get(key)) for key in {*found, *waiting}]
    rows.sort(key=lambda row: (-row["counts"]["failed"], -row["counts"]["started"], row["key"]))
    return {"by": by, "rows": rows[:MOST_ROWS], "others": max(0, len(rows) - MOST_ROWS)}


def figures(page: "MetricsPage") -> dict[str, Any]:
    if page.asked.problem:
        return {"problem": page.asked.problem}
    found = page.history
    times = [(bucket.at, percentiles(bucket.figures)) for bucket in found.buckets]
    total = percentiles(found.total)
    return {
        "range": found.range,
        "any": any(_counts(found.total).values()),
        "rates": [(bucket.at, _per_minute(bucket.figures, bucket.minutes)) for bucket in found.buckets],
        "total": {**_per_minute(found.total, found.minutes), **rates(found.total, found.minutes * 60)},
        "charts": [
            ("run", "Run time", [(at, one["run_ms"]) for at, one in times], total["run_ms"]),
            ("wait", "Queue latency", [(at, one["queue_latency_ms"]) for at, one in times], total["queue_latency_ms"]),
        ],
        "tables": [_table(page, "type", found.types), _table(page, "queue", found.queues)],
        "format": "%H:%M" if found.range.minutes <= 1440 else "%a %-d, %H:%M",
    }


class MetricsPage(Page):
    """`/admin/metrics/?range=24h&type=mail.send&queue=mail`"""

    template = "console/metrics/page.html"
    title = "Metrics"
    permission = access.VIEW_JOB
    panels: ClassVar = {"figures": Panel("console/metrics/figures.html", figures, "job", label="Figures", every=15.0)}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "panel" not in request.GET and (tidy := filters.tidy(request.GET)) is not None:
            return HttpResponseRedirect(tidy)
        return super().get(request, *args, **kwargs)

    def context(self) -> dict[str, Any]:
        return {"form": filters.form(self.asked), "ranges": RANGES.values(), "chosen": self.range}

    @cached_property
    def asked(self) -> Asked:
        return asked.read(self.request, FILTERS)

    @property
    def range(self) -> Range:
        return RANGES[self.asked.values.get("range", "1h")]

    def word(self, name: str) -> str:
        return str(self.asked.values.get(name, ""))

    @cached_property
    def history(self) -> History:
        return history(self.range, self.word("queue"), self.word("type"))
