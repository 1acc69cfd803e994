"""Jobs: submitting, looking for them, looking at one, changing and cancelling it."""

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from jobs import requests
from jobs.api import paging, renders, submitting
from jobs.api.authentication import OPEN_TO_DEMO
from jobs.api.schema import bodies, shapes
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView, actor, body, reason
from jobs.filters import cursors, job_filters
from jobs.queries import job_search
from jobs.services import access, steer
from jobs.services.steer import Changes
from jobs.services.submit_for import submit_for

TAG = "jobs"
_EXAMPLE = {"type": "email", "payload": {"to": "user@example.com", "subject": "Hello"}, "queue": "default"}
_EDIT = {"priority": 9, "reason": "the customer waits"}


class JobsView(ApiView):
    """Jobs, newest first, and where to submit one."""

    authentication_classes = OPEN_TO_DEMO
    needs: ClassVar = {"POST": access.SUBMIT_JOB}
    query = job_filters.LIST
    examples: ClassVar = {"POST": _EXAMPLE}

    @documented("List jobs", tag=TAG, gives={200: shapes.JobPage}, errors=(400,))
    def get(self, request: Request) -> Response:
        """The jobs that you may see: all with `view_job`, else your own."""
        asked = self.asked(request)
        page = job_search.search(request.user, job_filters.wanted(asked), *cursors.wanted(asked))
        return Response(paging.answer(request, page, renders.jobs(page.rows, request.user)))

    @documented(
        "Submit a job",
        tag=TAG,
        takes=bodies.JobBody,
        gives={201: shapes.SubmittedJob, 200: shapes.SubmittedJob},
        errors=(422,),
        example=_EXAMPLE,
    )
    def post(self, request: Request) -> Response:
        """201, or 200 with `duplicate_suppressed` when it only repeats an earlier request under its key."""
        wanted = requests.job_request(request.data, request.user)
        made = submit_for(request.user, wanted)
        return submitting.answered(made, renders.submitted(made.job, request.user, made.submission.warnings))


class JobView(ApiView):
    """One job."""

    needs: ClassVar = {"PATCH": access.EDIT_QUEUED_JOB, "DELETE": access.CANCEL_JOB}
    examples: ClassVar = {"PATCH": _EDIT}

    @documented("Look at a job", tag=TAG, gives={200: shapes.Job}, errors=(404,))
    def get(self, request: Request, job_id: str) -> Response:
        """Your own, or any with `view_job`."""
        return Response(renders.job(self.visible_job(request, job_id), request.user))

    @documented(
        "Change a job that waits",
        tag=TAG,
        takes=bodies.EditBody,
        gives={200: shapes.Job},
        errors=(404, 409),
        example=_EDIT,
    )
    def patch(self, request: Request, job_id: str) -> Response:
        """Priority, queue, time or payload; what is left out stays. 409 when it runs or has ended."""
        found = self.visible_job(request, job_id)
        given = body(request, ("priority", "queue", "scheduled_at", "payload", "reason"))
        changes = Changes(**requests.changes(given))
        if changes.queue is not None:
            access.check_queue(request.user, changes.queue)
        if changes.payload is not None:
            access.check_payload(request.user, found.owner_id)
            access.check_replaced_payloads(request.user, [found.pk])
        steer.edit([found.pk], actor(request), changes, reason(given)).only()
        return Response(renders.job(self.visible_job(request, job_id), request.user))

    @documented("Cancel a job by DELETE", tag=TAG, gives={200: shapes.Job}, errors=(404, 409))
    def delete(self, request: Request, job_id: str) -> Response:
        """The same as POST to its `cancel`; the row stays."""
        found = self.visible_job(request, job_id)
        steer.cancel([found.pk], actor(request)).only()
        return Response(renders.job(self.visible_job(request, job_id), request.user))
