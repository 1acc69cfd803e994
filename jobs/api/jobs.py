"""Submitting a job and looking at one."""

from typing import Any

from rest_framework import status
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs import services
from jobs.api import fields, renders, requests
from jobs.api.parsers import JsonParser
from jobs.errors import KeyReused, NotFound
from jobs.services import access

_TAKEN = "was used for another request"


class MaySubmit(BasePermission):
    message = "you may not submit jobs"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.has_perm(access.SUBMIT_JOB)


class JobsView(APIView):
    """`POST /api/v1/jobs`"""

    parser_classes = (JsonParser,)
    permission_classes = (IsAuthenticated, MaySubmit)

    def post(self, request: Request) -> Response:
        """Submit one job: 201, or 200 when it only repeats an earlier request."""
        wanted = requests.job_request(request.data, request.user)
        access.check_type(request.user, wanted.type)
        [submission] = services.enqueue_many([wanted])
        found = access.visible(request.user).filter(pk=submission.id).first()
        if found is None:
            # Keys are one space for all users of a tenant, and the earlier job is somebody else's.
            raise KeyReused(f"idempotency_key: {_TAKEN}", {"idempotency_key": [_TAKEN]})
        body: dict[str, Any] = renders.job(found, request.user, submission.warnings)
        if submission.duplicate_suppressed:
            return Response({**body, "duplicate_suppressed": True})
        return Response(body, status=status.HTTP_201_CREATED, headers={"Location": body["links"]["self"]})


class JobView(APIView):
    """`GET /api/v1/jobs/{id}`"""

    def get(self, request: Request, job_id: str) -> Response:
        found = access.visible(request.user).filter(pk=fields.path_uuid(job_id)).first()
        if found is None:
            raise NotFound("there is no such job")
        return Response(renders.job(found, request.user))
