"""Names and simple values as clients send them. Pure."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime

from jobs.envelope import Problems
from jobs.errors import NotFound

MOST_NAMES = 100
_NO_TIME = "must be a time as 2030-01-31T12:00:00Z"
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.I)
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


def snake(name: str) -> str:
    """`idempotencyKey` -> `idempotency_key`; snake_case stays as it is."""
    return _HUMP.sub(lambda match: f"_{match[1].lower()}", name)


def known(data: Mapping[str, Any], names: Collection[str], problems: Problems, prefix: str = "") -> dict[str, Any]:
    """`data` under our names, without nulls. What is not in `names`, or came twice, is a problem."""
    found: dict[str, Any] = {}
    # Among more than that many are unknown ones already, and naming all of a million would take half a minute.
    for name, value in islice(data.items(), MOST_NAMES):
        own = snake(name)
        if own not in names:
            problems.add(f"{prefix}{shown(name)}", "is unknown")
        elif own in found:
            problems.add(f"{prefix}{own}", "is given twice")
        elif value is not None:
            found[own] = value
    return found


def shown(name: str) -> str:
    """A stranger's field name for a message: short, and sure to be encodable."""
    return name[:100].encode("utf-8", "replace").decode()


def uuid(value: Any) -> UUID:
    """Raises ValueError unless `value` is a UUID in its usual form."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise ValueError("must be a UUID")
    return UUID(value)


def path_uuid(value: str) -> UUID:
    """An id of an address. Raises NotFound: nothing has a malformed id."""
    try:
        return uuid(value)
    except ValueError:
        raise NotFound("there is no such job") from None


def instant(value: Any) -> datetime:
    """RFC 3339, in UTC: PostgreSQL takes no offset of 16 hours or more. Raises ValueError."""
    found = parse_datetime(value) if isinstance(value, str) and len(value) < 50 else None
    if found is None or found.utcoffset() is None:
        raise ValueError(_NO_TIME)
    try:
        return found.astimezone(UTC)
    except OverflowError:  # before the year 1, or after 9999
        raise ValueError(_NO_TIME) from None


def text(value: Any) -> str:
    """Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value
