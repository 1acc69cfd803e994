"""Lists as pages: `{"results": [...], "next": url | null, "previous": url | null}`, newest first."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from jobs.api.query import Parameter, number
from jobs.queries.pages import Page, Place

MOST = 500
DEFAULT = 50


def _cursor(text: str) -> Place:
    try:
        direction, separator, key = base64.urlsafe_b64decode(text.encode("ascii")).decode("ascii").partition(".")
        if separator and direction in ("newer", "older") and key.isascii() and key.isdigit() and len(key) < 40:
            return Place(int(key), direction == "newer")
    except (ValueError, binascii.Error):
        pass
    raise ValueError("is not a cursor of this list")


PARAMETERS = (
    number("limit", f"How many, {DEFAULT} when left out", 1, MOST),
    Parameter("cursor", "Where to go on: from `next` or `previous` of a page, not to be made by hand", _cursor),
)


def wanted(asked: Mapping[str, Any]) -> tuple[Place, int]:
    """Place and limit of the page that was asked for."""
    return asked.get("cursor", Place()), asked.get("limit", DEFAULT)


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
    text = f"{'newer' if place.newer else 'older'}.{place.key}"
    cursor = base64.urlsafe_b64encode(text.encode()).decode()
    return str(replace_query_param(request.build_absolute_uri(), "cursor", cursor))
