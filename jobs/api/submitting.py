"""One submitted job over HTTP: answered by 201, or by 200 for a repeat."""

from collections.abc import Mapping
from typing import Any

from rest_framework import status
from rest_framework.response import Response

from jobs.services.submit_for import Submitted


def answered(made: Submitted, body: Mapping[str, Any]) -> Response:
    """The answer with the job as `body` shows it."""
    if made.submission.duplicate_suppressed:
        return Response({**body, "duplicate_suppressed": True})
    return Response(body, status=status.HTTP_201_CREATED, headers={"Location": body["links"]["self"]})
