"""Many jobs at once: all of them, or none."""

from collections.abc import Sequence
from typing import Any, ClassVar

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import requests
from jobs.api import renders
from jobs.api.authentication import OPEN_TO_DEMO
from jobs.api.jobs import TAG
from jobs.api.parsers import BatchParser
from jobs.api.schema import bodies, shapes
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView
from jobs.filters import query
from jobs.registry import registry
from jobs.services import Submission, access
from jobs.services.submit_for import submit_all_for

_EXAMPLE = {"jobs": [{"type": "echo", "payload": {"n": 1}}, {"type": "echo", "payload": {"n": 2}, "priority": 9}]}
_PARAMETERS = (query.boolean("expand", "Answer with the jobs, not only with their ids"),)


class BatchView(ApiView):
    """Submit many jobs: all of them, or none."""

    authentication_classes = OPEN_TO_DEMO
    parser_classes = (BatchParser,)
    needs: ClassVar = {"POST": access.SUBMIT_JOB}
    query = _PARAMETERS
    examples: ClassVar = {"POST": _EXAMPLE}

    @documented(
        "Submit a batch of jobs",
        tag=TAG,
        takes=bodies.BatchBody,
        gives={201: shapes.Batch, 200: shapes.Batch},
        errors=(422,),
        example=_EXAMPLE,
    )
    def post(self, request: Request) -> Response:
        """Up to 10,000 jobs and 32 MiB. 201 when at least one is new, 200 when all only repeat earlier requests.

        When one is refused, none is stored, and `details` names the fields as `jobs[3].payload.recipient`.
        """
        asked = self.asked(request)
        wanted = requests.job_requests(request.data, request.user)
        access.check_all(request.user, [one for one in wanted if registry.find(one.type)])
        submissions = submit_all_for(request.user, wanted)
        answer = _answer(submissions)
        if asked.get("expand"):
            answer["jobs"] = _expanded(request, submissions)
        fresh = answer["created"] > 0
        return Response(answer, status=status.HTTP_201_CREATED if fresh else status.HTTP_200_OK)


def _answer(submissions: Sequence[Submission]) -> dict[str, Any]:
    duplicates = sum(one.duplicate_suppressed for one in submissions)
    return {
        "count": len(submissions),
        "created": len(submissions) - duplicates,
        "duplicates": duplicates,
        "ids": [str(one.id) for one in submissions],
        "remarks": [
            {
                "index": number,
                "id": str(one.id),
                "duplicate_suppressed": one.duplicate_suppressed,
                "warnings": one.warnings,
            }
            for number, one in enumerate(submissions)
            if one.duplicate_suppressed or one.warnings
        ],
    }


def _expanded(request: Request, submissions: Sequence[Submission]) -> list[dict[str, Any]]:
    """The jobs in the order of the request."""
    found = access.visible(request.user).in_bulk([one.id for one in submissions])
    jobs = [found[one.id] for one in submissions if one.id in found]
    return renders.jobs(jobs, request.user, parked=False)
