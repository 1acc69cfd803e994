"""Where a page of a list begins, as text in an address."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from jobs.filters.query import Parameter, number
from jobs.queries.pages import Place

MOST = 500
DEFAULT = 50


def parse(text: str) -> Place:
    """Raises ValueError."""
    try:
        direction, separator, key = base64.urlsafe_b64decode(text.encode("ascii")).decode("ascii").partition(".")
        if separator and direction in ("newer", "older") and key.isascii() and key.isdigit() and len(key) < 40:
            return Place(int(key), direction == "newer")
    except (ValueError, binascii.Error):
        pass
    raise ValueError("is not a cursor of this list")


def text(place: Place) -> str:
    """What `parse` reads."""
    return base64.urlsafe_b64encode(f"{'newer' if place.newer else 'older'}.{place.key}".encode()).decode()


PARAMETERS = (
    number("limit", f"How many, {DEFAULT} when left out", 1, MOST),
    Parameter("cursor", "Where to go on: from `next` or `previous` of a page, not to be made by hand", parse),
)


def wanted(asked: Mapping[str, Any]) -> tuple[Place, int]:
    """Place and limit of the page that was asked for."""
    return asked.get("cursor", Place()), asked.get("limit", DEFAULT)
