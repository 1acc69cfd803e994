"""The short form of jobs: a label and parameters in, a status out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from dispatcher import categories
from dispatcher.api import answers, shapes
from jobs import requests
from jobs.api import submitting
from jobs.api.authentication import OPEN_TO_DEMO
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView
from jobs.envelope import JobRequest
from jobs.errors import Invalid
from jobs.filters import fields
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.services.submit_for import submit_for

TAG = "short jobs"
_EXAMPLE = {"job_type": "email", "parameters": {"to": "user@example.com", "subject": "Hello"}}


class ShortJobsView(ApiView):
    """`POST /jobs`"""

    authentication_classes = OPEN_TO_DEMO
    needs: ClassVar = {"POST": access.SUBMIT_JOB}
    examples: ClassVar = {"POST": _EXAMPLE}

    @documented(
        "Submit a short job",
        tag=TAG,
        takes=shapes.ShortJobBody,
        gives={201: shapes.SubmittedShortJob, 200: shapes.SubmittedShortJob},
        errors=(422,),
        example=_EXAMPLE,
    )
    def post(self, request: Request) -> Response:
        """201, or 200 with `duplicate_suppressed` when it only repeats an earlier request under its key.

        What else the long form takes may stand beside. Also at /jobs.
        """
        made = submit_for(request.user, _request(request.data, request.user))
        return submitting.answered(made, answers.short(made.job, request.user, made.submission.warnings))


class ShortJobView(ApiView):
    """`GET /jobs/{id}`"""

    @documented("Look at a short job", tag=TAG, gives={200: shapes.ShortJob}, errors=(404,))
    def get(self, request: Request, job_id: str) -> Response:
        """Your own, or any with `view_job`. Also at /jobs/{id}."""
        return Response(answers.short(self.visible_job(request, job_id), request.user))


def _request(data: Any, user: AnyUser) -> JobRequest:
    """The long form's request from the short one. Raises Invalid."""
    if not isinstance(data, Mapping):
        raise Invalid("the body must be an object")
    given = {fields.snake(name): value for name, value in data.items()}
    if "type" in given or "payload" in given:
        raise Invalid("this is the short form: it takes job_type and parameters")
    label = given.pop("job_type", None)
    parameters = given.pop("parameters", None)
    type_name, kept = _labelled(label, user)
    asked = {**given, "type": type_name, "payload": {} if parameters is None else parameters}
    return replace(requests.job_request(asked, user), backend_data={"job_type": kept})


def _labelled(label: Any, user: AnyUser) -> tuple[str, str]:
    """The type behind one of the user's labels, and the label as they wrote it."""
    if not isinstance(label, str) or not label.strip():
        raise Invalid.field("job_type", "is required")
    known = categories.of(user.pk)
    found = next((one for one in known if one.label.casefold() == label.strip().casefold()), None)
    if found is None:
        names = ", ".join(one.label for one in known) or "none yet"
        raise Invalid.field("job_type", f"is none of your dispatch categories ({names})")
    return found.type, found.label
