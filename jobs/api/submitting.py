"""One job over HTTP: stored if its user may submit it, and answered by 201, or by 200 for a repeat."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from rest_framework import status
from rest_framework.response import Response

from jobs import services
from jobs.envelope import JobRequest
from jobs.errors import KeyReused
from jobs.models import Job
from jobs.services import Submission, access
from jobs.services.access import AnyUser

TAKEN = "was used for another request"


class Submitted(NamedTuple):
    """The job that was made, or the earlier one that it repeats."""

    job: Job
    submission: Submission


def submit(user: AnyUser, wanted: JobRequest) -> Submitted:
    """Raises Invalid, NotAllowed, KeyReused, StoreUnavailable; then nothing was stored."""
    access.check_submit(user, wanted)
    [submission] = services.enqueue_many([wanted])
    found = access.visible(user).filter(pk=submission.id).first()
    if found is None:
        # Keys are one space for all users of a tenant, and the earlier job is somebody else's.
        raise KeyReused(f"idempotency_key: {TAKEN}", {"idempotency_key": [TAKEN]})
    return Submitted(found, submission)


def answered(made: Submitted, body: Mapping[str, Any]) -> Response:
    """The answer with the job as `body` shows it."""
    if made.submission.duplicate_suppressed:
        return Response({**body, "duplicate_suppressed": True})
    return Response(body, status=status.HTTP_201_CREATED, headers={"Location": body["links"]["self"]})
