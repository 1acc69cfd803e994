"""The filters of dead letters: as parameters of a list, and as the `filter` of a verb's body."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from jobs.envelope import Problems
from jobs.errors import Invalid
from jobs.filters import cursors, fields, query
from jobs.filters.query import Parameter
from jobs.queries.dead_letters import LetterFilter

_EQUAL = ("queue", "type", "error_type", "tenant_id", "fingerprint")
_TIMES = ("created_after", "created_before")
FILTERS = (
    Parameter("queue", "A queue's name"),
    Parameter("type", "A type's own name"),
    Parameter("error_type", "The error's class, as app.Boom"),
    Parameter("tenant_id", "A tenant"),
    Parameter("fingerprint", "Of a group: see GET /dlq/groups"),
    query.boolean("replayed", "Whether it was ever replayed"),
    query.time("created_after", "Failed after this time"),
    query.time("created_before", "Failed before this time"),
)
LIST = (*FILTERS, *cursors.PARAMETERS)
GROUPS = (*FILTERS, cursors.PARAMETERS[0])


def wanted(asked: Mapping[str, Any]) -> LetterFilter:
    return LetterFilter(
        equal={name: asked[name] for name in _EQUAL if name in asked},
        replayed=asked.get("replayed"),
        ids=asked.get("ids"),
        **{name: asked[name] for name in _TIMES if name in asked},
    )


def of_body(value: Any) -> LetterFilter:
    """The `filter` of a body. Raises Invalid."""
    if not isinstance(value, Mapping):
        raise Invalid.field("filter", "must be an object")
    problems = Problems()
    given = fields.known(value, {parameter.name for parameter in FILTERS}, problems, "filter.")
    checks = {**dict.fromkeys(_EQUAL, _word), **dict.fromkeys(_TIMES, fields.instant), "replayed": _flag}
    found = {name: problems.take(f"filter.{name}", partial(checks[name], item)) for name, item in given.items()}
    problems.raise_any()
    return wanted(found)


def _word(value: Any) -> str:
    text = fields.text(value)
    if "\0" in text or not text.isprintable() or len(text) > query.LONGEST:
        raise ValueError(f"must be at most {query.LONGEST} printable characters")
    return text


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value
