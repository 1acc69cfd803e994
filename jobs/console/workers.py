"""The workers, and the page of one: whether it lives, what it runs, and the buttons that steer it."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.http import Http404

from jobs.console.numbers import octets
from jobs.console.page import Page, Panel
from jobs.console.verb import buttons
from jobs.console.worker_verbs import VERBS
from jobs.queries.queues import MOST_RUNNING, running
from jobs.queries.workers import MOST_PAGES, WorkerRow, together, worker, workers
from jobs.services import access
from jobs.services.access import AnyUser


def shown(rows: Iterable[WorkerRow], user: AnyUser) -> list[dict[str, Any]]:
    """Workers as rows show them."""
    return [
        {
            "row": row,
            "worker": row.worker,
            "memory": octets(row.worker.memory),
            "busy_percent": round(100 * row.saturation),
            "buttons": buttons(VERBS, user, "worker", row.worker),
        }
        for row in rows
    ]


def table(page: "WorkersPage") -> dict[str, Any]:
    found = workers(ended=page.ended, page=page.number)
    return {
        "rows": shown(found.rows, page.user),
        "ended": page.ended,
        "next": page.number + 1 if found.more else None,
        "number": page.number,
        **together(),
    }


class WorkersPage(Page):
    template = "console/workers/list.html"
    title = "Workers"
    permission = access.VIEW_WORKER
    panels: ClassVar = {"list": Panel("console/workers/table.html", table, "worker job", label="Workers")}

    @property
    def ended(self) -> bool:
        """Whether those that have ended are wanted, too."""
        return "all" in self.request.GET

    @property
    def number(self) -> int:
        """Which page, from 0 on; the first one for what is no number."""
        asked = self.request.GET.get("page", "")
        return min(int(asked), MOST_PAGES) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0

    def context(self) -> dict[str, Any]:
        return {"ended": self.ended}


def state(page: "WorkerPage") -> dict[str, Any]:
    return shown([page.row], page.user)[0]


def work(page: "WorkerPage") -> dict[str, Any]:
    jobs = running(worker=page.row.worker.id)
    return {"jobs": jobs[:MOST_RUNNING], "more": len(jobs) > MOST_RUNNING}


class WorkerPage(Page):
    template = "console/workers/page.html"
    permission = access.VIEW_WORKER
    panels: ClassVar = {
        "state": Panel("console/workers/state.html", state, "worker", label="State"),
        "running": Panel("console/workers/running.html", work, "job worker", access.VIEW_JOB, "Running jobs"),
    }

    def prepare(self) -> None:
        row = worker(self.kwargs["name"]) if "\0" not in self.kwargs["name"] else None
        if row is None:
            raise Http404
        self.row = row

    def context(self) -> dict[str, Any]:
        return {"title": f"Worker {self.row.worker.id}", "worker": self.row.worker}
