"""The filters of the feed of events."""

import re
from collections.abc import Mapping
from typing import Any

from jobs.filters import query
from jobs.filters.query import Parameter
from jobs.queries.events import Wanted

_KIND = re.compile(r"[a-z_]{1,40}(\.[a-z_]{0,40})?\Z")
_ENTRY = re.compile(r"\d{1,15}-\d{1,10}\Z")


def _kind(text: str) -> str:
    if not _KIND.match(text):
        raise ValueError("must be a kind, as job.failed, or its first word, as job")
    return text


def _entry(text: str) -> str:
    if not _ENTRY.match(text):
        raise ValueError("is no place in the feed")
    return text


FILTERS = (
    Parameter("kind", "A kind of events, or its first word: `job.failed`, `queue`", _kind),
    Parameter("queue", "A queue's name"),
    Parameter("type", "A type's own name"),
    Parameter("job", "A job's id", query.uuid, {"type": "string", "format": "uuid"}),
    Parameter("before", "Where the page begins", _entry),
)


def wanted(asked: Mapping[str, Any]) -> Wanted:
    return Wanted(**{name: value for name, value in asked.items() if name != "before"})
