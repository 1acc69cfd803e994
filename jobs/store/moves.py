"""Moves of jobs outside a worker's hands: cancel, retry, edit, promote, expire. Each is one guarded UPDATE."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from jobs.ready import Ready
from jobs.states import WAITING, State, sources
from jobs.store import dependants, sql

# Written out, for the planner matches constants, not parameters, with the condition of a partial index.
_WAITING = "(" + ", ".join(f"'{state}'" for state in sorted(WAITING)) + ")"


@dataclass(slots=True)
class Cancelled:
    """`ended` are final now (with what went along), `asked` still run, as (job id, worker); `ready` were freed."""

    ended: list[Ready] = field(default_factory=list)
    asked: list[tuple[UUID, str]] = field(default_factory=list)
    ready: list[Ready] = field(default_factory=list)
    held_back: list[Ready] = field(default_factory=list)
    """They stay blocked: what they wait for did not succeed."""


_END = f"""
    update jobs_job set state = 'cancelled', finished_at = clock_timestamp(), reason = %(reason)s
    where id = any(%(ids)s) and state in {_WAITING}
    returning {sql.READY}, has_dependants"""

_ASK = """
    update jobs_job set cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()), reason = %(reason)s
    where id = any(%(ids)s) and state = 'running' returning id, worker"""


def cancel(ids: Sequence[UUID], reason: str) -> Cancelled:
    """End those of `ids` that wait, ask those that run to stop, leave final ones alone."""
    with transaction.atomic():
        parameters = {"ids": sorted(ids), "reason": reason}
        rows = sql.run(_END, parameters)
        asked = [(row[0], row[1]) for row in sql.run(_ASK, parameters)]
        if len(rows) + len(asked) < len(ids):
            # One may have moved from waiting to running (or back) between the two looks.
            rows += sql.run(_END, parameters)
        return _with_dependants(rows, Cancelled(asked=asked))


_EXPIRE = f"""
    with due as (
      select id from jobs_job where state in {_WAITING} and expires_at <= clock_timestamp()
      order by expires_at limit %(limit)s for no key update skip locked)
    update jobs_job set state = 'cancelled', finished_at = clock_timestamp(), reason = 'expired'
    from due where jobs_job.id = due.id
    returning jobs_job.{sql.READY}, has_dependants"""


def expire(limit: int) -> Cancelled:
    """End waiting jobs whose time to start has passed."""
    with transaction.atomic():
        return _with_dependants(sql.run(_EXPIRE, {"limit": limit}), Cancelled())


def _with_dependants(rows: Sequence[sql.Row], cancelled: Cancelled) -> Cancelled:
    cancelled.ended = sql.ready(rows)
    finals = [(row[0], State.CANCELLED.value) for row in rows if row[sql.NEXT]]
    if finals:
        freed = dependants.resolve(finals)
        cancelled.ended += freed.cancelled
        cancelled.ready = freed.ready
        cancelled.held_back = freed.held_back
    return cancelled


_PROMOTE = f"""
    with due as (
      select id from jobs_job where state = any(array['scheduled', 'retrying']) and run_at <= clock_timestamp()
      order by state, run_at limit %(limit)s for no key update skip locked)
    update jobs_job set state = 'queued', reason = null from due where jobs_job.id = due.id
    returning jobs_job.{sql.READY}"""


def promote(limit: int) -> list[Ready]:
    """scheduled / retrying -> queued, for what is due."""
    return sql.ready(sql.run(_PROMOTE, {"limit": limit}))


_RETRY = f"""
    update jobs_job set tries = 0,
      state = case when unmet > 0 then 'blocked' when t.delay > 0 then 'scheduled' else 'queued' end,
      run_at = clock_timestamp() + t.delay * interval '1 second', finished_at = null, cancel_requested_at = null,
      result = null, artifact = null,
      reason = case when unmet > 0 then 'waits for its dependencies' end, progress = null, progress_note = null,
      expires_at = null, schema_version = coalesce(%(schema_version)s::smallint, schema_version),
      queue = coalesce(%(queue)s::text, queue), priority = coalesce(%(priority)s::smallint, priority),
      type = coalesce(%(type)s::text, type), payload = coalesce(%(payload)s::jsonb, payload)
    from unnest(%(ids)s::uuid[], %(delays)s::float8[]) as t(job, delay)
    where id = t.job and state = any(%(sources)s)
    returning {sql.READY}, state"""

_FREE_REASONS = """
    with children as (
      select id from jobs_job where state = 'blocked'
        and id = any(array(select child_id from jobs_dependency where parent_id = any(%(ids)s) and met_at is null))
      order by id for no key update)
    update jobs_job set reason = null from children where jobs_job.id = children.id"""


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a retry or replay changes; None keeps the job's own. `payload` is JSON text."""

    queue: str | None = None
    priority: int | None = None
    type: str | None = None
    payload: str | None = None
    schema_version: int | None = None


def retry(
    ids: Sequence[UUID], overrides: Overrides, only: State | None = None, delays: Mapping[UUID, float] | None = None
) -> tuple[list[UUID], list[Ready]]:
    """failed / cancelled -> queued with a fresh budget; blocked while a dependency is still unmet.

    Those with a delay (seconds, by id) are scheduled instead.

    Returns:
        Ids of all that moved, and those of them that may run now.
    """
    guard = [only.value] if only else sources(State.BLOCKED)
    ordered = sorted(ids)
    rows = sql.run(
        _RETRY,
        {
            "ids": ordered,
            "delays": [(delays or {}).get(job_id, 0.0) for job_id in ordered],
            "sources": guard,
            "queue": overrides.queue,
            "priority": overrides.priority,
            "type": overrides.type,
            "payload": overrides.payload,
            "schema_version": overrides.schema_version,
        },
    )
    moved = [row[0] for row in rows]
    if moved:
        sql.run(_FREE_REASONS, {"ids": moved})
    return moved, sql.ready(row for row in rows if row[sql.NEXT] == State.QUEUED)


_COUNT_REPLAY = """
    update jobs_deadletter set replay_count = replay_count + 1, last_replayed_at = clock_timestamp()
    where job_id = any(%(ids)s)"""


def count_replay(ids: Sequence[UUID]) -> None:
    sql.run(_COUNT_REPLAY, {"ids": list(ids)})


_EDIT = f"""
    update jobs_job set queue = coalesce(%(queue)s::text, queue), priority = coalesce(%(priority)s::smallint, priority),
      payload = coalesce(%(payload)s::jsonb, payload), run_at = coalesce(%(run_at)s::timestamptz, run_at),
      state = case when state not in ('queued', 'scheduled') then state
        when coalesce(%(run_at)s::timestamptz, run_at) > clock_timestamp() then 'scheduled' else 'queued' end
    where id = any(%(ids)s) and state in {_WAITING}
    returning {sql.READY}, state"""


def edit(ids: Sequence[UUID], changes: dict[str, Any]) -> list[tuple[Ready, str]]:
    """Change queue, priority, payload (JSON text) or run_at of jobs that have not started.

    Returns:
        Each that was changed, as it is now, with its state.
    """
    blank = {"queue": None, "priority": None, "payload": None, "run_at": None}
    rows = sql.run(_EDIT, {**blank, **changes, "ids": sorted(ids)})
    return [(Ready(*row[: sql.NEXT]), row[sql.NEXT]) for row in rows]
