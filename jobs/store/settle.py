"""Write how attempts ended: attempt rows, job rows (guarded by attempt and claim), dead letters, dependants.

One transaction; the same for a worker's outcomes and for the reaper's verdict on a dead worker's jobs.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction

from jobs import jsontext
from jobs.news import OF_STATE, News
from jobs.ready import Ready
from jobs.settlement import Settlement
from jobs.states import FINAL, Outcome, State
from jobs.store import columns, dependants, sql
from jobs.tally import Tally


@dataclass(slots=True)
class Settled:
    """What became of a batch.

    `ready` may run now, `freed` of them because what they waited for ended; `held_back` wait for what did not
    succeed; `fenced` were refused, because somebody else has the attempt; `repeated` had been written
    by an earlier commit of ours whose reply was lost; `states` holds every job that did not simply succeed.
    """

    moved: int = 0
    ready: list[Ready] = field(default_factory=list)
    fenced: list[UUID] = field(default_factory=list)
    repeated: list[UUID] = field(default_factory=list)
    states: dict[UUID, str] = field(default_factory=dict)
    cancelled: list[Ready] = field(default_factory=list)
    freed: list[Ready] = field(default_factory=list)
    held_back: list[Ready] = field(default_factory=list)
    late: frozenset[tuple[UUID, int]] = field(default=frozenset(), compare=False)
    """The fenced ones as (job, number): another attempt of the same job may stand in the same batch."""
    outrun: frozenset[tuple[UUID, int]] = field(default=frozenset(), compare=False)
    """A reaper's verdicts on attempts that had been settled by then, likewise: nothing came of them."""

    def tally(self, settlements: Sequence[Settlement]) -> Tally:
        """What happened to the batch that this is the answer to, in numbers."""
        made = Tally()
        for one, state in self._written(settlements):
            made.end(one.queue, one.type, one.outcome, state, one.took, one.waited)
        for one in settlements if self.late else ():
            if (one.id, one.number) in self.late:
                made.add(one.queue, one.type, "fenced")
        for job in self.cancelled:
            made.add(job.queue, job.type, "state.cancelled")
        return made

    def news(self, settlements: Sequence[Settlement]) -> News:
        """The same for those who listen."""
        made = News()
        made.attempts([(OF_STATE[state], one, one.number) for one, state in self._written(settlements)])
        made.add("job.cancelled", self.cancelled)
        made.add("job.unblocked", self.freed)
        made.add("job.dependency_failed", self.held_back)
        return made

    def _written(self, settlements: Sequence[Settlement]) -> list[tuple[Settlement, str]]:
        """Those that were not refused, each with the state of its job now."""
        refused = self.late | self.outrun
        if not refused and not self.states:  # nearly always: then nothing need be looked up, which a UUID makes slow
            return [(one, one.state) for one in settlements]
        left = [one for one in settlements if (one.id, one.number) not in refused]
        return [(one, self.states.get(one.id, one.state)) for one in left]


_CASTS = {
    "id": "uuid",
    "number": "int",
    "claim": "bigint",
    "outcome": "text",
    "state": "text",
    "ago": "float8",
    "took": "float8",
    "uses_try": "boolean",
    "result": "jsonb",
    "artifact": "text",
    "delay": "float8",
    "reason": "text",
    "error_type": "text",
    "error_message": "text",
    "fingerprint": "text",
    "traceback": "jsonb",
    "logs": "jsonb",
}
_AS_TEXT = frozenset({"result", "traceback", "logs"})
# A success that came first stands; every other outcome of a job with a cancel request is `cancelled`.
_STATE = "case when j.cancel_requested_at is not null and o.state <> 'succeeded' then 'cancelled' else o.state end"


def settle(worker: str, release: str, settlements: Sequence[Settlement]) -> Settled:
    """Write `settlements`, at most one per attempt. Rows that somebody else has meanwhile are fenced, never written.

    Raises:
        django.db.DataError, django.db.IntegrityError: one of the rows cannot be stored; nothing was.
    """
    now = time.monotonic()
    for one in settlements:
        one.ago = max(now - one.ended, 0.0)
    shape, parameters = columns.split(settlements, list(_CASTS), always=("id", "number", "claim", "ago", "took"))
    parameters |= {"worker": worker, "release": release, "expected": len(settlements)}
    fails = State.FAILED in [one.state for one in settlements]
    with transaction.atomic():
        moved, ids, numbers, others = sql.run(_statement(shape, fails=fails), parameters)[0]
        settled = Settled(moved=moved)
        if others:
            _note_others(settled, jsontext.decode(others))
        if moved < len(settlements):
            _note_refused(settled, worker, settlements, set(zip(ids or (), numbers or (), strict=True)))
    return settled


def _note_others(settled: Settled, rows: Sequence[Any]) -> None:
    """Sort the jobs that did not simply succeed, or that others wait for, and free those others."""
    finals: list[tuple[UUID, str]] = []
    for text, queue, type_, priority, at, tenant_id, owner_id, state, has_dependants in rows:
        job_id = UUID(text)
        if state != State.SUCCEEDED:
            settled.states[job_id] = state
        if state == State.QUEUED:
            settled.ready.append(Ready(job_id, queue, type_, priority, at, tenant_id, owner_id))
        if has_dependants and state in FINAL:
            finals.append((job_id, state))
    if finals:
        freed = dependants.resolve(finals)
        settled.ready += freed.ready
        settled.freed, settled.cancelled, settled.held_back = freed.ready, freed.cancelled, freed.held_back


@lru_cache(maxsize=256)
def _statement(shape: columns.Shape, *, fails: bool) -> str:
    """`fails`: whether one of the outcomes may be a dead letter.

    The state is asked for with `is true`, so that rows come by their ids: in the index of states there may be a hundred
    thousand that run elsewhere, or ran since the last vacuum.
    """
    made = columns.Columns(_CASTS, _AS_TEXT, shape)
    outcome = ", ".join(f"{made.value(name)} as {name}" for name in _CASTS)
    return f"""
        with moved as (
          update jobs_job j set
            state = {_STATE},
            tries = least(j.tries + o.uses_try::int, j.max_attempts),
            started_at = o.ended - o.took * interval '1 second',
            finished_at = case when {_STATE} in ('succeeded', 'failed', 'cancelled') then o.ended end,
            run_at = case when {_STATE} in ('retrying', 'scheduled')
              then clock_timestamp() + o.delay * interval '1 second' else j.run_at end,
            result = o.result, artifact = o.artifact,
            reason = coalesce(o.reason, case when j.cancel_requested_at is not null then j.reason end),
            last_error = coalesce(o.error_message, j.last_error)
          from (select {outcome}, statement_timestamp() - {made.value("ago")} * interval '1 second' as ended
            from {made.rows()}) o
          where j.id = o.id and j.attempt = o.number and j.claim = o.claim and (j.state = 'running') is true
          returning j.id, j.queue, j.type, j.priority, j.run_at, j.state, j.has_dependants, j.tenant_id, j.owner_id,
            j.tries, j.attempt, j.started_at, o.ended, o.outcome, o.error_type, o.error_message, o.fingerprint,
            o.traceback, o.logs),
        noted as (
          insert into jobs_attempt (job_id, number, worker, release, started_at, finished_at, outcome, error_type,
            error_message, traceback, logs, fenced)
          select id, attempt, %(worker)s, %(release)s, started_at, ended, outcome, error_type, error_message, traceback,
            logs, false
          from moved)
        {_BURIED if fails else ""}
        select count(*), case when count(*) < %(expected)s then array_agg(id) end,
          case when count(*) < %(expected)s then array_agg(attempt) end,
          (jsonb_agg(jsonb_build_array({sql.READY}, state, has_dependants))
            filter (where state <> 'succeeded' or has_dependants))::text
        from moved"""


_BURIED = """,
        buried as (
          insert into jobs_deadletter as d (job_id, type, queue, tenant_id, fingerprint, error_type, error_message,
            tries, failed_at, replay_count)
          select id, type, queue, tenant_id, coalesce(fingerprint, ''), coalesce(error_type, ''),
            coalesce(error_message, ''), tries, ended, 0
          from moved where state = 'failed'
          on conflict (job_id) do update set type = excluded.type, queue = excluded.queue,
            fingerprint = excluded.fingerprint, error_type = excluded.error_type,
            error_message = excluded.error_message, tries = excluded.tries, failed_at = excluded.failed_at)"""


_FENCE = """
    with o as (
      select * from unnest(%(ids)s::uuid[], %(numbers)s::int[], %(outcomes)s::text[]) as t(id, number, outcome)),
    mine as (
      select a.job_id, a.number from jobs_attempt a join o on a.job_id = o.id and a.number = o.number
      where a.worker = %(worker)s and a.outcome = o.outcome),
    fenced as (
      update jobs_attempt a set fenced = true from o
      where a.job_id = o.id and a.number = o.number and not (a.worker = %(worker)s and a.outcome = o.outcome))
    select job_id, number from mine"""


def _note_refused(
    settled: Settled, worker: str, settlements: Sequence[Settlement], moved: set[tuple[UUID, int]]
) -> None:
    """Tell a repeat of our own commit from an attempt that somebody else has taken, and mark the latter.

    A verdict on a dead worker is no result: one that comes too late leaves no mark on what that worker did in time.
    """
    left = [one for one in settlements if (one.id, one.number) not in moved]
    settled.outrun = frozenset((one.id, one.number) for one in left if one.outcome == Outcome.LEASE_EXPIRED)
    refused = [one for one in left if one.outcome != Outcome.LEASE_EXPIRED]
    if not refused:
        return
    own = {
        (row[0], row[1])
        for row in sql.run(
            _FENCE,
            {
                "worker": worker,
                "ids": [one.id for one in refused],
                "numbers": [one.number for one in refused],
                "outcomes": [one.outcome for one in refused],
            },
        )
    }
    late = [one for one in refused if (one.id, one.number) not in own]
    settled.repeated = [one.id for one in refused if (one.id, one.number) in own]
    settled.fenced = [one.id for one in late]
    settled.late = frozenset((one.id, one.number) for one in late)
