"""All operations on many, and the button that stops one."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from jobs import actors
from jobs.console import asked
from jobs.console.answers import acted
from jobs.console.bulk import progress
from jobs.console.page import Page, Panel
from jobs.errors import FlowbitError
from jobs.filters import cursors
from jobs.queries import bulk as query
from jobs.services import access, bulk

_LIMIT = 20


def _operations(page: "BulkPage") -> dict[str, Any]:
    place, _ = cursors.wanted(asked.read(page.request, cursors.PARAMETERS).values)
    found = query.search(place, _LIMIT)
    now = query.clock()
    return {"operations": [progress.of(row, page.user, now) for row in found.rows], **pages_beside(found)}


def pages_beside(found: Any) -> dict[str, str | None]:
    """Cursors of the pages beside this one."""
    beside = {"newer": found.newer, "older": found.older}
    return {name: cursors.text(place) if place is not None else None for name, place in beside.items()}


class BulkPage(Page):
    """`/admin/bulk/`"""

    template = "console/bulk/page.html"
    title = "Operations on many"
    permission = access.VIEW_JOB
    panels: ClassVar = {
        "operations": Panel("console/bulk/operations.html", _operations, "bulk job scheduler", label="Operations")
    }


class StopBulk(Page):
    """`POST /admin/bulk/<id>/stop/`; who may not do such an operation is told so."""

    permission = access.VIEW_JOB
    http_method_names = ["post"]

    def post(self, request: HttpRequest, operation_id: UUID) -> HttpResponse:
        back = reverse("console-bulk")
        try:
            bulk.stop(operation_id, self.user, actors.of_request(request), request.POST.get("reason", ""))
        except FlowbitError as error:
            return acted(request, f"{error.message[:1].upper()}{error.message[1:]}.", back, "warning")
        return acted(request, "Stopped. What was done stays; the rest stays where it was.", back)
