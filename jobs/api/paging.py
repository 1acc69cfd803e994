"""Lists as pages: `{"results": [...], "next": url | null, "previous": url | null}`, newest first."""

from collections.abc import Sequence
from typing import Any

from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from jobs.filters import cursors
from jobs.queries.pages import Page, Place


def answer(request: Request, page: Page[Any], results: Sequence[Any]) -> dict[str, Any]:
    """The page's shape, around rendered rows. With `scanned` when rows had to be looked at one by one."""
    body: dict[str, Any] = {
        "results": results,
        "next": _link(request, page.older),
        "previous": _link(request, page.newer),
    }
    if page.scanned is not None:
        body["scanned"] = {"rows": page.scanned, "complete": page.complete}
    return body


def _link(request: Request, place: Place | None) -> str | None:
    if place is None:
        return None
    return str(replace_query_param(request.build_absolute_uri(), "cursor", cursors.text(place)))
