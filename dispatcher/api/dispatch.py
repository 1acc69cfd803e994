"""Plain English over HTTP."""

from typing import Any, ClassVar

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from dispatcher import services
from dispatcher.api import answers, shapes
from dispatcher.errors import DispatchOff, ProviderRefused, ProviderUnavailable, UnfitAnswer
from jobs.api.authentication import OPEN_TO_DEMO
from jobs.api.schema.documented import Failure, documented
from jobs.api.throttles import DispatchThrottle
from jobs.api.views import ApiView
from jobs.envelope import Problems
from jobs.errors import Invalid, NotFound
from jobs.filters import fields, query
from jobs.models import Job
from jobs.services import access

TAG = "plain English"
NEWEST = 50
_EXAMPLE = {"prompt": "send an email to bob@example.com about tomorrow's launch"}
_PARAMETERS = (query.boolean("dry_run", "Only tell how it is read; nothing is submitted"),)
_FAILURES = {
    422: Failure(
        UnfitAnswer.code,
        "What was read fits no schema, or lacks what the handler must have",
        "the request does not make a valid email.send: payload.recipient: is required",
    ),
    501: Failure(DispatchOff.code, "No provider is to be asked here", "plain English is switched off here"),
    502: Failure(ProviderRefused.code, "The provider refuses", "the language model's provider refused the request"),
    503: Failure(
        ProviderUnavailable.code,
        "The provider is overloaded, broken or too slow: see Retry-After",
        "the language model is overloaded or broken, try again soon",
    ),
}


class DispatchView(ApiView):
    """`POST /dispatch`, and the newest of one's own by `GET`."""

    authentication_classes = OPEN_TO_DEMO
    needs: ClassVar = {"GET": access.SUBMIT_JOB, "POST": access.SUBMIT_JOB}
    examples: ClassVar = {"POST": _EXAMPLE}

    def get_throttles(self) -> list[BaseThrottle]:
        """What asks a model is limited more strictly than looking at what it said."""
        found = super().get_throttles()
        return [*found, DispatchThrottle()] if self.request.method == "POST" else found

    @documented("List dispatches", tag=TAG, gives={200: shapes.Dispatches})
    def get(self, request: Request) -> Response:
        """What I asked for, newest first."""
        rows = services.visible(request.user).order_by("-id")[:NEWEST]
        return Response({"results": [answers.dispatch(row, request.user) for row in rows]})

    @documented(
        "Dispatch plain English",
        tag=TAG,
        takes=shapes.DispatchBody,
        gives={201: shapes.DispatchedJob, 200: shapes.Reading},
        failures=_FAILURES,
        asks=_PARAMETERS,
        example=_EXAMPLE,
    )
    def post(self, request: Request) -> Response:
        """A job from a sentence: 201; with `?dry_run=1` only how it was read: 200."""
        dry_run = bool(query.read(request.query_params, _PARAMETERS).get("dry_run"))
        prompt = _prompt(request.data)
        done = services.dispatch(request.user, prompt, dry_run=dry_run)
        told = {"dispatch": answers.dispatch(done.row, request.user)}
        if done.row.job_id is None:
            parsed = {"type": done.type, "payload": done.payload, "job_type": done.label, "parameters": done.payload}
            return Response({**parsed, "warnings": list(done.warnings), "dry_run": True, **told})
        body: dict[str, Any] = answers.short(Job.objects.get(pk=done.row.job_id), request.user, done.warnings)
        return Response({**body, **told}, status=status.HTTP_201_CREATED, headers={"Location": body["links"]["self"]})


class OneDispatchView(ApiView):
    """`GET /dispatch/{id}`"""

    @documented("Look at a dispatch", tag=TAG, gives={200: shapes.Dispatch}, errors=(404,))
    def get(self, request: Request, dispatch_id: int) -> Response:
        """One of my own; somebody else's is not there."""
        row = services.visible(request.user).filter(pk=dispatch_id).first()
        if row is None:
            raise NotFound("there is no such dispatch")
        return Response(answers.dispatch(row, request.user))


def _prompt(data: Any) -> Any:
    if not isinstance(data, dict):
        raise Invalid("the body must be an object")
    problems = Problems()
    given = fields.known(data, {"prompt"}, problems)
    problems.raise_any()
    return given.get("prompt")
