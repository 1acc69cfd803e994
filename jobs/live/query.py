"""What a listener asks for in the address. Never logged: a token may stand in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl
from uuid import UUID

from jobs.errors import Invalid

_PLACE = re.compile(r"(\d{1,15}-\d{1,10})(?:\.(\d{1,5}))?\Z")
_FLAGS = {"1": True, "true": True, "0": False, "false": False, "": False}
MOST_FIELDS = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go on: after an entry of the feed, or after the event of this number in it."""

    entry: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """`since` is the text as it came: what is no place at all is one from which nobody can go on."""

    token: str | None = field(default=None, repr=False)
    since: str = ""
    changes: bool = False
    job: UUID | None = None

    @property
    def place(self) -> Place | None:
        found = _PLACE.match(self.since)
        return Place(found[1], int(found[2]) if found[2] else None) if found else None


def parse(text: str, headers: Mapping[str, str]) -> Query:
    """Of a query string and headers (in lower case). Raises Invalid."""
    try:
        given = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise Invalid("the address has too many parameters") from None
    # A browser that connects again by itself asks with the first address, and says in a header how far it came.
    since = headers.get("last-event-id") or given.get("since", "")
    return Query(given.get("token"), since, _flag(given.get("changes", "")), _job(given.get("job")))


def _flag(text: str) -> bool:
    if text not in _FLAGS:
        raise Invalid.field("changes", "must be 1 or 0")
    return _FLAGS[text]


def _job(text: str | None) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Invalid.field("job", "is not the id of a job") from None
