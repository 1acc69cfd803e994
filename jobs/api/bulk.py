"""Operations on all rows of a filter: how far they have come, and their stop."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api import paging, renders
from jobs.api.schema import bodies, controls
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView, actor, body, reason
from jobs.errors import NotFound
from jobs.filters import bulk_filters, cursors, fields
from jobs.models import BulkOperation
from jobs.queries import bulk as query
from jobs.services import access, bulk
from jobs.services.access import AnyUser

TAG = "operations on many"
_REASON = {"reason": "the wrong queue"}


class BulkListView(ApiView):
    """Operations on all rows of a filter, begun in the console, newest first."""

    needs: ClassVar = {"GET": access.VIEW_JOB}
    query = cursors.PARAMETERS

    @documented("List operations on many", tag=TAG, gives={200: controls.BulkPage}, errors=(400,))
    def get(self, request: Request) -> Response:
        """Those that run and those that ended, for as long as the audit log is kept."""
        page = query.search(*cursors.wanted(self.asked(request)))
        return Response(paging.answer(request, page, [operation(row, request.user) for row in page.rows]))


class BulkView(ApiView):
    """One operation."""

    needs: ClassVar = {"GET": access.VIEW_JOB}

    @documented("Look at an operation on many", tag=TAG, gives={200: controls.BulkOperation}, errors=(404,))
    def get(self, request: Request, operation_id: str) -> Response:
        """How far it has come."""
        return Response(operation(_found(operation_id), request.user))


class BulkStopView(ApiView):
    """Stop an operation."""

    examples: ClassVar = {"POST": _REASON}

    @documented(
        "Stop an operation on many",
        tag=TAG,
        takes=bodies.ReasonBody,
        gives={200: controls.BulkOperation},
        errors=(404, 409),
        example=_REASON,
    )
    def post(self, request: Request, operation_id: str) -> Response:
        """What was done stays, and the rest stays where it is. For those who may do such an operation."""
        why = reason(body(request, ("reason",)))
        bulk.stop(_id(operation_id), request.user, actor(request), why)
        return Response(operation(_found(operation_id), request.user))


def _id(text: str) -> UUID:
    """Raises NotFound."""
    try:
        return fields.uuid(text)
    except ValueError:
        raise NotFound("there is no such operation") from None


def _found(text: str) -> BulkOperation:
    row = BulkOperation.objects.filter(pk=_id(text)).first()
    if row is None:
        raise NotFound("there is no such operation")
    return row


def operation(row: BulkOperation, user: AnyUser) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "verb": row.verb,
        "state": row.state,
        "actor": row.actor,
        "reason": row.reason,
        "filter": dict(bulk_filters.told(row.filter, payloads=user.has_perm(access.VIEW_PAYLOAD))),
        "parameters": row.parameters,
        "rate": row.rate,
        "estimated": row.estimated,
        "estimate_is_whole": row.estimate_is_whole,
        "done": row.done,
        "refused": row.refused,
        "refusals": [{"id": key, "error": why} for key, why in row.refusals],
        "ended_why": row.ended_why,
        "created_at": renders.time(row.created_at),
        "worked_at": renders.time(row.worked_at),
        "finished_at": renders.time(row.finished_at),
    }
