"""New jobs: one INSERT for any number of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from jobs.store import columns, sql


@dataclass(slots=True)
class Draft:
    """A job before its first row, checked and complete. JSON columns hold text; durations are seconds.

    `state` is queued, blocked or cancelled; a queued one whose time lies ahead is stored as scheduled.
    """

    id: UUID
    type: str
    queue: str
    payload: str
    tenant_id: str = ""
    owner_id: int | None = None
    priority: int = 5
    state: str = "queued"
    max_attempts: int = 3
    retry_policy: str | None = None
    timeout: float = 300.0
    schema_version: int = 1
    delay: float | None = None
    run_at: datetime | None = None
    expires_in: float | None = None
    idempotency_key: str | None = None
    tags: str = "{}"
    workflow_id: UUID | None = None
    step: str | None = None
    parent_job_id: UUID | None = None
    dependency_policy: str | None = None
    unmet: int = 0
    has_dependants: bool = False
    reason: str | None = None
    backend_data: str | None = None


_CASTS = {
    "id": "uuid",
    "type": "text",
    "queue": "text",
    "payload": "jsonb",
    "tenant_id": "text",
    "owner_id": "bigint",
    "priority": "smallint",
    "state": "text",
    "max_attempts": "smallint",
    "retry_policy": "jsonb",
    "timeout": "float8",
    "schema_version": "smallint",
    "delay": "float8",
    "run_at": "timestamptz",
    "expires_in": "float8",
    "idempotency_key": "text",
    "tags": "text[]",
    "workflow_id": "uuid",
    "step": "text",
    "parent_job_id": "uuid",
    "dependency_policy": "text",
    "unmet": "int",
    "has_dependants": "boolean",
    "reason": "text",
    "backend_data": "jsonb",
}
# What most jobs have: in the statement's text it costs neither the client nor the server a parameter.
_USUAL = {
    "tenant_id": "",
    "priority": 5,
    "state": "queued",
    "schema_version": 1,
    "tags": "{}",
    "unmet": 0,
    "has_dependants": False,
}
_LITERALS = {name: repr(value) for name, value in _USUAL.items()}
_AS_TEXT = frozenset({"payload", "retry_policy", "backend_data", "tags"})
_COPIED = [name for name in _CASTS if name not in {"delay", "run_at", "expires_in", "state"}]
_NAMES = tuple(_CASTS)
_ALIKE = tuple([name for name in _NAMES if name not in {"id", "payload"}])
_alike = attrgetter(*_ALIKE)
"""What many single jobs have in common."""
_CLOCK = "statement_timestamp()"


def insert(drafts: Sequence[Draft]) -> list[Draft]:
    """Store `drafts`, skipping ids that are there already (a repeat after an unknown commit).

    Returns:
        The stored ones that are queued now, not those that wait for a time or a dependency.
    """
    if len(drafts) == 1:
        return _insert_one(drafts[0])
    shape, parameters = columns.split(drafts, _NAMES, always=("id",), usual=_USUAL)
    # Most batches are queued as a whole: then their ids need not come back.
    count, ids = sql.run(_insert_many(shape), {**parameters, "expected": len(drafts)})[0]
    if count == len(drafts):
        return list(drafts)
    queued = set(ids or ())
    return [draft for draft in drafts if draft.id in queued]


def _insert_one(draft: Draft) -> list[Draft]:
    """A job alone needs neither arrays nor a count, which take PostgreSQL as long as the row does."""
    statement, shared = _alone(_alike(draft))
    return [draft] if sql.run(statement, {**shared, "id": draft.id, "payload": draft.payload}) == [("queued",)] else []


@lru_cache(maxsize=256)
def _alone(alike: tuple[Any, ...]) -> tuple[str, Mapping[str, Any]]:
    """The statement for a single job, and its parameters but for those that no two jobs share."""
    shape, shared = columns.shaped({}, dict(zip(_ALIKE, alike, strict=True)), _USUAL)
    return f"{_statement(shape)} returning state", shared


@lru_cache(maxsize=256)
def _insert_many(shape: columns.Shape) -> str:
    return f"""with stored as ({_statement(shape)} returning id, state)
        select count(*), case when count(*) < %(expected)s then array_agg(id) end from stored where state = 'queued'"""


@lru_cache(maxsize=256)
def _statement(shape: columns.Shape) -> str:
    made = columns.Columns(_CASTS, _AS_TEXT, shape, _LITERALS)
    values = _values(made, shape)
    rows = f"from {made.rows()}" if shape.varying else ""
    return f"""
        insert into jobs_job ({", ".join(values)}) select {", ".join(values.values())} {rows}
        on conflict (id) do nothing"""


def _values(made: columns.Columns, shape: columns.Shape) -> dict[str, str]:
    """What goes into each column: those that nobody gave are not named."""
    state, run_at = made.value("state"), _CLOCK
    values = {name: made.value(name) for name in made.given(_COPIED)}
    if "state" not in shape.usual:
        values["finished_at"] = f"case when {state} = 'cancelled' then {_CLOCK} end"
    if made.given(["run_at", "delay"]):
        due = f"{_CLOCK} + coalesce({made.value('delay')}, 0) * interval '1 second'"
        run_at = f"coalesce({made.value('run_at')}, {due})"
        state = f"case when {state} = 'queued' and {run_at} > {_CLOCK} then 'scheduled' else {state} end"
    if made.given(["expires_in"]):
        values["expires_at"] = f"{_CLOCK} + {made.value('expires_in')} * interval '1 second'"
    return values | {"attempt": "0", "tries": "0", "created_at": _CLOCK, "run_at": run_at, "state": state}


_QUEUES = """
    insert into jobs_queue (name, mode, by, why, changed_at)
    select name, 'open', '', '', now() from unnest(%s::text[]) as t(name)
    on conflict (name) do nothing returning name"""


def add_queues(names: Sequence[str]) -> list[str]:
    """Make the rows of queues that had none; returns those."""
    return [row[0] for row in sql.run(_QUEUES, [sorted(names)])]
