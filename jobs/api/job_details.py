"""What belongs to one job: events, attempts, graph, log lines, and all of it in one."""

from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api import details, letters, renders
from jobs.api.jobs import TAG
from jobs.api.schema import shapes
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView
from jobs.models import DeadLetter
from jobs.queries.attempts import attempts
from jobs.queries.graph import graph
from jobs.queries.timeline import timeline
from jobs.queries.why_waiting import why_waiting
from jobs.services import access


class EventsView(ApiView):
    """What happened to a job."""

    @documented("List events of a job", tag=TAG, gives={200: shapes.Events}, errors=(404,))
    def get(self, request: Request, job_id: str) -> Response:
        """Oldest first; of each kind the newest 200."""
        job = self.visible_job(request, job_id)
        found = timeline(job, payloads=access.sees_payload(request.user, job.owner_id))
        return Response({"results": details.events(found)})


class AttemptsView(ApiView):
    """The attempts of a job, newest first."""

    @documented("List attempts of a job", tag=TAG, gives={200: shapes.Attempts}, errors=(404,))
    def get(self, request: Request, job_id: str) -> Response:
        """The newest 100 with their tracebacks and log lines. One that runs has no row yet."""
        job = self.visible_job(request, job_id)
        payloads = access.sees_payload(request.user, job.owner_id)
        found, more = attempts(job, payloads=payloads)
        return Response({"results": details.attempts(found, payloads=payloads), "truncated": more})


class GraphView(ApiView):
    """What a job waits for and what waits for it, all the way."""

    @documented("Look at the graph of a job", tag=TAG, gives={200: shapes.Graph}, errors=(404,))
    def get(self, request: Request, job_id: str) -> Response:
        """At most 500 jobs in each direction; of those that you may see."""
        return Response(details.graph(graph(self.visible_job(request, job_id), request.user)))


class LogsView(ApiView):
    """What the handler logged."""

    @documented("List log lines of a job", tag=TAG, gives={200: shapes.Logs}, errors=(404,))
    def get(self, request: Request, job_id: str) -> Response:
        """Of the newest 100 attempts, oldest line first. 403 for those who may not see payloads."""
        job = self.visible_job(request, job_id)
        access.check_payload(request.user, job.owner_id)
        found, more = attempts(job, payloads=True)
        return Response({"results": details.log_lines(found), "truncated": more})


class InspectionView(ApiView):
    """All that is known of a job."""

    @documented("Inspect a job", tag=TAG, gives={200: shapes.Inspection}, errors=(404,))
    def get(self, request: Request, job_id: str) -> Response:
        """The job with its attempts, events, graph, idempotency key, dead letter and lease, and why it waits."""
        job = self.visible_job(request, job_id)
        payloads = access.sees_payload(request.user, job.owner_id)
        found, _ = attempts(job, payloads=payloads)
        letter = DeadLetter.objects.filter(job_id=job.pk)
        return Response(
            {
                "job": renders.job(job, request.user),
                "attempts": details.attempts(found, payloads=payloads),
                "events": details.events(timeline(job, payloads=payloads)),
                "graph": details.graph(graph(job, request.user)),
                "idempotency": details.idempotency(job),
                "dead_letter": next(iter(letters.letters(letter, request.user)), None),
                "lease": details.lease(job),
                "waiting_reasons": details.reasons(why_waiting(job, request.user)),
            }
        )
