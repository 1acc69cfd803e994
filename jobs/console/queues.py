"""The queues, and the page of one: what waits, who works on it, and the buttons that steer it."""

from typing import Any, ClassVar

from django.http import Http404
from django.utils.functional import cached_property

from jobs.broker import looking_broker
from jobs.console import truth
from jobs.console.page import Page, Panel
from jobs.console.queue_verbs import PAUSE, VERBS
from jobs.console.spark import points
from jobs.console.verb import buttons
from jobs.console.workers import shown as shown_workers
from jobs.errors import BrokerUnavailable
from jobs.models import Queue
from jobs.queries import queues as found
from jobs.queries.queues import QueueRow
from jobs.queries.workers import workers
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.states import State

_LATER = (State.SCHEDULED, State.RETRYING, State.BLOCKED)
_OTHERS = (State.RUNNING, *_LATER)
MOST_SEARCHED = 64
"""Characters: no queue has a longer name."""


def shown(row: QueueRow, user: AnyUser) -> dict[str, Any]:
    """A queue as a row or a page shows it."""
    draining = row.queue.mode == Queue.Mode.DRAINING
    return {
        "row": row,
        "queue": row.queue,
        "drained": draining and not row.counts["running"],
        "buttons": buttons(VERBS, user, "queue", row.queue),
        "came": points(row.flow.came),
        "ended": points(row.flow.ended),
        "most": max(row.flow.came + row.flow.ended),
        "later": sum(row.counts[state] for state in _LATER),
        "busy_percent": round(100 * (row.served.saturation or 0)),
    }


def table(page: "QueuesPage") -> dict[str, Any]:
    queues = found.queues(page.word("q"), page.word("after"))
    rows = [_brief(shown(row, page.user)) for row in queues.rows]
    return {"rows": rows, "counted_at": queues.counted_at, "following": queues.following, "search": page.word("q")}


def _brief(row: dict[str, Any]) -> dict[str, Any]:
    """A list has no room for the button that changes a pause: the queue's page has it."""
    is_open = row["queue"].mode == Queue.Mode.OPEN
    return {**row, "buttons": [one for one in row["buttons"] if is_open or one.name != PAUSE.name]}


class QueuesPage(Page):
    template = "console/queues/list.html"
    title = "Queues"
    permission = access.VIEW_QUEUE
    panels: ClassVar = {"list": Panel("console/queues/table.html", table, "queue job worker", label="Queues")}

    def word(self, name: str) -> str:
        """What the address asks for under this name, as far as a queue's name may go."""
        return self.request.GET.get(name, "").strip().replace("\0", "")[:MOST_SEARCHED]

    def context(self) -> dict[str, Any]:
        return {"search": self.word("q")}


def state(page: "QueuePage") -> dict[str, Any]:
    this = shown(page.row, page.user)
    states = [(name.value, page.row.counts[name]) for name in (State.QUEUED, *_OTHERS)]
    return {**this, "this": this, "states": states}


def types(page: "QueuePage") -> dict[str, Any]:
    """What waits by type, beside what Redis holds ready of it."""
    lanes = page.lanes
    rows = [
        {
            "type": row.type,
            "ready": row.counts.get(State.QUEUED, 0),
            "others": [row.counts.get(name, 0) for name in _OTHERS],
            "oldest": row.oldest,
            "lane": lanes.get(row.type),
        }
        for row in found.types(page.queue.name)
    ]
    return {"rows": rows, "queue": page.queue}


def running(page: "QueuePage") -> dict[str, Any]:
    jobs = found.running(queue=page.queue.name)
    return {"jobs": jobs[: found.MOST_RUNNING], "more": len(jobs) > found.MOST_RUNNING, "by": "worker"}


def crew(page: "QueuePage") -> dict[str, Any]:
    serving = workers(page.queue.name)
    return {"rows": shown_workers(serving.rows, page.user), "more": serving.more, "queue": page.queue}


def agreement(page: "QueuePage") -> dict[str, Any]:
    return truth.of_queue(page.queue.name)


class QueuePage(Page):
    template = "console/queues/page.html"
    permission = access.VIEW_QUEUE
    panels: ClassVar = {
        "state": Panel("console/queues/state.html", state, "queue job", label="State"),
        "types": Panel("console/queues/types.html", types, "queue job", label="Types"),
        "running": Panel("console/queues/running.html", running, "job", access.VIEW_JOB, "Running jobs"),
        "workers": Panel("console/queues/workers.html", crew, "worker", access.VIEW_WORKER, "Workers"),
        "truth": Panel(
            "console/queues/truth.html", agreement, "queue scheduler", label="How the stores agree", every=5.0
        ),
    }

    def prepare(self) -> None:
        queue = Queue.objects.filter(pk=self.kwargs["name"]).first() if "\0" not in self.kwargs["name"] else None
        if queue is None:
            raise Http404
        self.queue = queue

    def context(self) -> dict[str, Any]:
        return {"title": f"Queue {self.queue.name}", "queue": self.queue}

    @cached_property
    def row(self) -> QueueRow:
        return found.queue_row(self.queue)

    @cached_property
    def lanes(self) -> dict[str, Any]:
        """What Redis has ready, by type; nothing while it does not answer."""
        try:
            census = looking_broker().census([self.queue.name])[self.queue.name]
        except BrokerUnavailable:
            return {}
        return {lane.name: lane for lane in census.lanes}
