"""Verbs on one job: cancel and retry."""

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api import renders
from jobs.api.jobs import TAG
from jobs.api.schema import bodies, shapes
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView, actor, body, reason
from jobs.services import access, steer

_EXAMPLE = {"reason": "no longer wanted"}
_AGAIN = {"reason": "the mail server is back"}


class CancelView(ApiView):
    """Cancel a job."""

    needs: ClassVar = {"POST": access.CANCEL_JOB}
    examples: ClassVar = {"POST": _EXAMPLE}

    @documented(
        "Cancel a job",
        tag=TAG,
        takes=bodies.ReasonBody,
        gives={200: shapes.Job},
        errors=(404, 409),
        example=_EXAMPLE,
    )
    def post(self, request: Request, job_id: str) -> Response:
        """What waits ends at once. What runs is asked to stop: `cancel_requested_at` is set. 409 when it has ended."""
        why = reason(body(request, ("reason",)))
        found = self.visible_job(request, job_id)
        steer.cancel([found.pk], actor(request), why).only()
        return Response(renders.job(self.visible_job(request, job_id), request.user))


class RetryView(ApiView):
    """Run a failed or cancelled job again."""

    needs: ClassVar = {"POST": access.RETRY_JOB}
    examples: ClassVar = {"POST": _AGAIN}

    @documented(
        "Retry a job",
        tag=TAG,
        takes=bodies.ReasonBody,
        gives={200: shapes.Job},
        errors=(404, 409),
        example=_AGAIN,
    )
    def post(self, request: Request, job_id: str) -> Response:
        """With a fresh budget of attempts. 409 unless it is failed or cancelled."""
        why = reason(body(request, ("reason",)))
        found = self.visible_job(request, job_id)
        steer.retry([found.pk], actor(request), why).only()
        return Response(renders.job(self.visible_job(request, job_id), request.user))
