"""Queues: how they are steered and how much waits in them."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api import renders
from jobs.api.schema import bodies, controls
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView, actor, body, reason
from jobs.envelope import Problems
from jobs.filters import fields
from jobs.models import Queue
from jobs.queries.live_counts import live_counts
from jobs.services import access, queues

TAG = "queues"
MOST = 1000
_MAKE = {"name": "critical"}
_PAUSE = {"until": "2030-01-31T12:00:00Z", "reason": "the mail server is down"}
_REASON = {"reason": "it is back"}


class QueuesView(ApiView):
    """All queues, by name."""

    needs: ClassVar = {"GET": access.VIEW_QUEUE, "POST": access.OPERATE_QUEUE}
    examples: ClassVar = {"POST": _MAKE}

    @documented("List queues", tag=TAG, gives={200: controls.Queues})
    def get(self, request: Request) -> Response:
        """With their live jobs by state: what runs now, and what waited at `counted_at`.

        `drained`: it drains, and nothing runs any more. A key of some queues has these only.
        """
        counts, rows = live_counts(), Queue.objects.order_by("name")
        if only := access.limits_of(request.user).queues:
            rows = rows.filter(name__in=only)
        found = [queue(row, counts.of(row.name)) for row in rows[:MOST]]
        return Response({"results": found, "counted_at": renders.time(counts.counted_at)})

    @documented(
        "Make a queue",
        tag=TAG,
        takes=bodies.QueueBody,
        gives={201: controls.QueueMode},
        errors=(409,),
        example=_MAKE,
    )
    def post(self, request: Request) -> Response:
        """Before its first job, to pause it for example. Otherwise a queue is made by its first job."""
        given = body(request, ("name", "reason"))
        problems = Problems()
        name = problems.take("name", fields.text, given.get("name"))
        problems.raise_any()
        access.check_queue(request.user, name)
        made = queues.create(name, actor(request), reason(given))
        return Response(_mode(name, made), status=status.HTTP_201_CREATED)


def queue(row: Queue, counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        **mode(row),
        "counts": dict(counts),
        "drained": row.mode == Queue.Mode.DRAINING and not counts["running"],
    }


def mode(row: Queue) -> dict[str, Any]:
    """How a queue is steered."""
    steered = queues.QueueMode(row.mode, row.until, row.by, row.why)
    return {**_mode(row.name, steered), "changed_at": renders.time(row.changed_at)}


def _mode(name: str, mode: queues.QueueMode) -> dict[str, Any]:
    return {"name": name, "mode": mode.mode, "until": renders.time(mode.until), "by": mode.by, "reason": mode.why}


class PauseView(ApiView):
    """Claim nothing from a queue, until a time or until it is resumed. What runs goes on."""

    needs: ClassVar = {"POST": access.OPERATE_QUEUE}
    examples: ClassVar = {"POST": _PAUSE}

    @documented(
        "Pause a queue",
        tag=TAG,
        takes=bodies.PauseBody,
        gives={200: controls.QueueMode},
        errors=(404,),
        example=_PAUSE,
    )
    def post(self, request: Request, name: str) -> Response:
        """In force within a second. A pause may be changed by another one."""
        access.check_queue(request.user, name)
        given = body(request, ("until", "reason"))
        problems = Problems()
        until = problems.take("until", fields.instant, given["until"]) if "until" in given else None
        problems.raise_any()
        return Response(_mode(name, queues.pause(name, actor(request), until, reason(given))))


class QueueVerbView(ApiView):
    """A verb on a queue that takes a reason."""

    needs: ClassVar = {"POST": access.OPERATE_QUEUE}
    examples: ClassVar = {"POST": _REASON}
    verb: ClassVar[Callable[..., queues.QueueMode]]

    def steer(self, request: Request, name: str) -> Response:
        access.check_queue(request.user, name)
        why = reason(body(request, ("reason",)))
        return Response(_mode(name, type(self).verb(name, actor(request), why)))


class ResumeView(QueueVerbView):
    """End a pause or a drain."""

    verb = staticmethod(queues.resume)

    @documented(
        "Resume a queue",
        tag=TAG,
        takes=bodies.ReasonBody,
        gives={200: controls.QueueMode},
        errors=(404, 409),
        example=_REASON,
    )
    def post(self, request: Request, name: str) -> Response:
        """409 when it is open."""
        return self.steer(request, name)


class DrainView(QueueVerbView):
    """Finish what runs and claim nothing more, until it is resumed."""

    verb = staticmethod(queues.drain)

    @documented(
        "Drain a queue",
        tag=TAG,
        takes=bodies.ReasonBody,
        gives={200: controls.QueueMode},
        errors=(404, 409),
        example=_REASON,
    )
    def post(self, request: Request, name: str) -> Response:
        """409 when it drains already. The list of queues says when it has drained."""
        return self.steer(request, name)
