"""The filters of lists of jobs."""

from collections.abc import Mapping
from typing import Any

from jobs import states
from jobs.filters import cursors, fields, query
from jobs.filters.query import Parameter
from jobs.queries.job_search import JobFilter
from jobs.states import ALIASES, PARKED, State

MOST_STATES = 10
_EQUAL = {"type": "type", "queue": "queue", "tenant_id": "tenant_id", "worker": "worker", "workflow_id": "workflow_id"}


def _states(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(word.strip().lower() for word in text.split(",") if word.strip()))
    for word in found:
        if word != PARKED:
            _check(word)
    if len(found) > MOST_STATES:
        raise ValueError(f"at most {MOST_STATES}")
    return found


def _check(word: str) -> None:
    try:
        states.parse(word)
    except ValueError:
        known = ", ".join([*State, PARKED, *ALIASES])
        raise ValueError(f"there is no state {fields.shown(word)}; there are {known}") from None


def _alone(text: str) -> str:
    raise ValueError("must name a place, as payload.recipient")


_STATE_SCHEMA = {"type": "string", "examples": ["failed", "queued,running"]}
FILTERS = (
    Parameter("state", f"States, by comma; also `{PARKED}`, {', '.join(ALIASES)}", _states, _STATE_SCHEMA),
    Parameter("type", "A type's own name"),
    Parameter("queue", "A queue's name"),
    Parameter("tenant_id", "A tenant"),
    Parameter("worker", "A worker's id: what it runs or ran last"),
    Parameter("owner", "A user's name"),
    Parameter("tag", "One of the job's tags"),
    Parameter("workflow_id", "A workflow's id", query.uuid, {"type": "string", "format": "uuid"}),
    query.time("created_after", "Submitted after this time"),
    query.time("created_before", "Submitted before this time"),
    Parameter("error", "Part of the last error, in capitals or not"),
    Parameter("q", "A job's id, or part of its type, idempotency key or error, or a whole tag, queue, tenant, worker"),
    Parameter(
        "payload",
        "Places in the payload, as `payload.recipient=ops@example.com`. Of jobs of others only with `view_payload`",
        _alone,
        {"type": "object", "propertyNames": {"pattern": r"^payload\."}, "additionalProperties": {"type": "string"}},
    ),
)
LIST = (*FILTERS, *cursors.PARAMETERS)


def wanted(asked: Mapping[str, Any]) -> JobFilter:
    """The filter of the parameters that were asked for."""
    return JobFilter(
        states=asked.get("state", ()),
        ids=asked.get("ids"),
        equal={column: asked[name] for name, column in _EQUAL.items() if name in asked},
        payload=[({path, fields.snake(path)}, text) for path, text in asked.get("payload", {}).items()],
        **{name: asked[name] for name in _SAME & asked.keys()},
    )


_SAME = {"owner", "tag", "created_after", "created_before", "error", "q"}
