"""Workers: what they are, whether they live, and the verbs cordon, resume, drain."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api import renders
from jobs.api.schema import bodies, controls
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView, actor, body, reason
from jobs.filters import query
from jobs.models import Worker
from jobs.services import access, workers

TAG = "workers"
MOST = 1000
_REASON = {"reason": "the machine is moved"}
_PARAMETERS = (query.boolean("all", "Those that have ended, too"),)


class WorkersView(ApiView):
    """Workers, those that began last first."""

    needs: ClassVar = {"GET": access.VIEW_WORKER}
    query = _PARAMETERS

    @documented("List workers", tag=TAG, gives={200: controls.Workers}, errors=(400,))
    def get(self, request: Request) -> Response:
        """Those that have not ended, at most 1,000. `alive`: the lease holds, by PostgreSQL's clock."""
        asked = self.asked(request)
        rows = Worker.objects.all() if asked.get("all") else Worker.objects.filter(stopped_at__isnull=True)
        return Response({"results": _workers(rows)})


def living() -> list[dict[str, Any]]:
    """Those that have not ended."""
    return _workers(Worker.objects.filter(stopped_at__isnull=True))


def _workers(rows: Any) -> list[dict[str, Any]]:
    return [worker(row) for row in _aged(rows).order_by("-started_at", "id")[:MOST]]


def _aged(rows: Any) -> Any:
    """With PostgreSQL's clock, and whether it lives."""
    lives = ExpressionWrapper(Q(stopped_at__isnull=True, lease_until__gt=Now()), output_field=BooleanField())
    return rows.annotate(now=Now(), lives=lives)


def worker(row: Any) -> dict[str, Any]:
    """The shape of a row that `_aged` gave."""
    now: datetime = row.now
    return {
        "id": row.id,
        "host": row.host,
        "pid": row.pid,
        "version": row.release,
        "queues": row.queues,
        "types": row.types,
        "mode": row.mode,
        "alive": row.lives,
        "slots": row.slots,
        "busy": row.busy,
        "saturation": round(row.busy / row.slots, 3) if row.slots else 0.0,
        "memory_bytes": row.memory,
        "settled": row.settled,
        "fenced": row.fenced,
        "started_at": renders.time(row.started_at),
        "heartbeat_at": renders.time(row.heartbeat_at),
        "heartbeat_age_seconds": round((now - row.heartbeat_at).total_seconds(), 3),
        "lease_until": renders.time(row.lease_until),
        "stopped_at": renders.time(row.stopped_at),
    }


class WorkerVerbView(ApiView):
    """A verb on a worker."""

    needs: ClassVar = {"POST": access.OPERATE_WORKER}
    examples: ClassVar = {"POST": _REASON}
    verb: ClassVar[Callable[..., None]]

    def steer(self, request: Request, worker_id: str) -> Response:
        type(self).verb(worker_id, actor(request), reason(body(request, ("reason",))))
        return Response(worker(_aged(Worker.objects.filter(pk=worker_id)).get()))


_TOLD: dict[str, Any] = {
    "tag": TAG,
    "takes": bodies.ReasonBody,
    "gives": {200: controls.Worker},
    "errors": (404, 409),
    "example": _REASON,
}


class CordonView(WorkerVerbView):
    """Take no more jobs, and stay alive."""

    verb = staticmethod(workers.cordon)

    @documented("Cordon a worker", **_TOLD)
    def post(self, request: Request, worker_id: str) -> Response:
        """In force within a second. 409 when it is cordoned, or has ended."""
        return self.steer(request, worker_id)


class ResumeView(WorkerVerbView):
    """Take jobs again."""

    verb = staticmethod(workers.resume)

    @documented("Resume a worker", **_TOLD)
    def post(self, request: Request, worker_id: str) -> Response:
        """409 when it is active, or has ended."""
        return self.steer(request, worker_id)


class DrainView(WorkerVerbView):
    """Finish what runs, then end."""

    verb = staticmethod(workers.drain)

    @documented("Drain a worker", **_TOLD)
    def post(self, request: Request, worker_id: str) -> Response:
        """409 when it drains, or has ended."""
        return self.steer(request, worker_id)
