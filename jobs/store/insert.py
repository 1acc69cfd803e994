"""New jobs: one INSERT for any number of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
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
_CLOCK = "statement_timestamp()"


def insert(drafts: Sequence[Draft]) -> list[Draft]:
    """Store `drafts`, skipping ids that are there already (a repeat after an unknown commit).

    Returns:
        The stored ones that are queued now, not those that wait for a time or a dependency.
    """
    shape, parameters = columns.split(drafts, _NAMES, always=("id",), usual=_USUAL)
    # Most batches are queued as a whole: then their ids need not come back.
    count, ids = sql.run(_statement(shape), {**parameters, "expected": len(drafts)})[0]
    if count == len(drafts):
        return list(drafts)
    queued = set(ids or ())
    return [draft for draft in drafts if draft.id in queued]


@lru_cache(maxsize=256)
def _statement(shape: columns.Shape) -> str:
    made = columns.Columns(_CASTS, _AS_TEXT, shape, _LITERALS)
    value = made.value
    run_at = f"coalesce({value('run_at')}, {_CLOCK} + coalesce({value('delay')}, 0) * interval '1 second')"
    if not made.given(["run_at", "delay"]):
        run_at = _CLOCK
    expires_at = f"{_CLOCK} + {value('expires_in')} * interval '1 second'"
    copied = made.given(_COPIED)
    return f"""
        with stored as (
          insert into jobs_job
            ({", ".join(copied)}, attempt, tries, created_at, run_at, expires_at, state, finished_at)
          select {", ".join(value(name) for name in copied)}, 0, 0, {_CLOCK}, {run_at}, {expires_at},
            case when {value("state")} = 'queued' and {run_at} > {_CLOCK} then 'scheduled' else {value("state")} end,
            case when {value("state")} = 'cancelled' then {_CLOCK} end
          from {made.rows()}
          on conflict (id) do nothing
          returning id, state)
        select count(*), case when count(*) < %(expected)s then array_agg(id) end from stored where state = 'queued'"""


_QUEUES = """
    insert into jobs_queue (name, mode, by, why, changed_at)
    select name, 'open', '', '', now() from unnest(%s::text[]) as t(name)
    on conflict (name) do nothing returning name"""


def add_queues(names: Sequence[str]) -> list[str]:
    """Make the rows of queues that had none; returns those."""
    return [row[0] for row in sql.run(_QUEUES, [sorted(names)])]
