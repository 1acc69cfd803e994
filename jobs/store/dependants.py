"""What the end of a job means for those that wait for it. Runs in the transaction of the final move itself.

An edge is met by one guarded UPDATE, so two parents that end at the same moment count their child down one after the
other, each once.

Whoever locks several rows locks those that wait for nothing first, then those that wait for others, each in id order:
a final move has locked its own rows, which wait for nothing, when it comes here for those that do. So two of them, or
one and a submit or a cancel, wait for each other in a row and not in a circle. (Left is a batch that takes its own rows
in an order of PostgreSQL's choice, beside a verb for two of the same rows: PostgreSQL breaks off one of the two, and
that one is repeated.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from jobs.ready import Ready
from jobs.store import sql


@dataclass(slots=True)
class Freed:
    """`ready` may run now; `cancelled` went with their parents; `held_back` stay blocked, for a parent failed."""

    ready: list[Ready] = field(default_factory=list)
    cancelled: list[Ready] = field(default_factory=list)
    held_back: list[Ready] = field(default_factory=list)


_DONE = "unnest(%(ids)s::uuid[], %(states)s::text[]) as done(id, state)"

_MEET = f"""
    with met as (
      update jobs_dependency e set met_at = clock_timestamp() from {_DONE}
      where e.parent_id = done.id and e.met_at is null
        and (done.state = 'succeeded' or e.policy = 'allow_failed' and done.state in ('failed', 'cancelled'))
      returning e.child_id)
    select child_id, count(*)::int from met group by child_id order by child_id"""

# What `resolve` may touch: the children, and the children of those that are cancelled with their parents.
_BELOW = f"""
    with recursive ended(id, state) as (
      select id, state from {_DONE}
      union
      select e.child_id, 'cancelled' from ended join jobs_dependency e on e.parent_id = ended.id
      where ended.state <> 'succeeded' and e.policy = 'cancel' and e.met_at is null)
    select distinct e.child_id from ended join jobs_dependency e on e.parent_id = ended.id where e.met_at is null"""

_LOCK = "select id from jobs_job where id = any(%(ids)s) order by unmet > 0, id for no key update"

_COUNT_DOWN = f"""
    update jobs_job set unmet = unmet - t.met,
      state = case when state <> 'blocked' or unmet > t.met then state
        when run_at > clock_timestamp() then 'scheduled' else 'queued' end,
      reason = case when state = 'blocked' and unmet = t.met then null else reason end
    from unnest(%(ids)s::uuid[], %(counts)s::int[]) as t(child, met)
    where id = t.child and state in ('blocked', 'cancelled') and unmet >= t.met
    returning {sql.READY}, state"""

_HELD_BACK = f"""
    select e.child_id, e.policy, done.id, done.state from jobs_dependency e join {_DONE} on e.parent_id = done.id
    where e.met_at is null and done.state in ('failed', 'cancelled') order by e.child_id"""

_CANCEL_WITH = f"""
    update jobs_job set state = 'cancelled', finished_at = clock_timestamp(),
      reason = 'upstream ' || t.parent::text || ' ' || t.state
    from unnest(%(ids)s::uuid[], %(parents)s::uuid[], %(states)s::text[]) as t(child, parent, state)
    where id = t.child and jobs_job.state = 'blocked'
    returning {sql.READY}, has_dependants"""

_SAY_WHY = f"""
    update jobs_job set reason = 'upstream ' || t.parent::text || ' ' || t.state
    from unnest(%(ids)s::uuid[], %(parents)s::uuid[], %(states)s::text[]) as t(child, parent, state)
    where id = t.child and jobs_job.state = 'blocked'
    returning {sql.READY}"""


def resolve(finals: Sequence[tuple[UUID, str]]) -> Freed:
    """Meet the edges from `finals` (job id, final state), and follow cancellations down the graph."""
    freed = Freed()
    lock(_below(finals))
    wave = list(finals)
    while wave:
        done = _columns(wave)
        freed.ready += _count_down(done)
        cancelled, held_back = _hold_back(done)
        freed.cancelled += sql.ready(cancelled)
        freed.held_back += sql.ready(held_back)
        wave = [(row[0], "cancelled") for row in cancelled if row[sql.NEXT]]
    return freed


def lock(ids: Sequence[UUID]) -> None:
    """Until the transaction ends, in the one order. Unknown ids are left out."""
    if ids:
        sql.run(_LOCK, {"ids": list(ids)})


def lock_to_cancel(ids: Sequence[UUID]) -> None:
    """`ids`, and all that their cancellation may touch."""
    lock([*ids, *_below([(job_id, "cancelled") for job_id in ids])])


def _below(finals: Sequence[tuple[UUID, str]]) -> list[UUID]:
    return [row[0] for row in sql.run(_BELOW, _columns(finals))]


def _columns(finals: Sequence[tuple[UUID, str]]) -> dict[str, list[object]]:
    return {"ids": [job_id for job_id, _ in finals], "states": [state for _, state in finals]}


def _count_down(done: dict[str, list[object]]) -> list[Ready]:
    met = sql.run(_MEET, done)
    if not met:
        return []
    children = [row[0] for row in met]
    rows = sql.run(_COUNT_DOWN, {"ids": children, "counts": [row[1] for row in met]})
    return sql.ready(row for row in rows if row[sql.NEXT] == "queued")


def _hold_back(done: dict[str, list[object]]) -> tuple[list[sql.Row], list[sql.Row]]:
    """Children of parents that did not succeed: cancelled with them, or told why they stay. Returns both."""
    if set(done["states"]) == {"succeeded"}:
        return [], []
    held = sql.run(_HELD_BACK, done)
    if not held:
        return [], []
    # One row a child; an edge that cancels outweighs one that only blocks.
    rows = {row[0]: row for row in sorted(held, key=lambda row: row[1] == "cancel")}
    told = _apply(_SAY_WHY, [row for row in rows.values() if row[1] == "block"])
    return _apply(_CANCEL_WITH, [row for row in rows.values() if row[1] == "cancel"]), told


def _apply(statement: str, rows: list[sql.Row]) -> list[sql.Row]:
    if not rows:
        return []
    children, _, parents, states = (list(column) for column in zip(*rows, strict=True))
    return sql.run(statement, {"ids": children, "parents": parents, "states": states})


@dataclass(frozen=True, slots=True)
class Parent:
    """A job that a new one shall wait for. `state` is None while it is not final."""

    id: UUID
    type: str
    owner_id: int | None
    tenant_id: str
    state: str | None


def mark_parents(ids: Sequence[UUID]) -> dict[UUID, Parent]:
    """Lock the parents and mark those that are not final; unknown ids are left out.

    From here to the commit no parent can end unseen: its settling waits for the lock, and then sees the edges.
    """
    lock(ids)
    rows = sql.run(_MARK, {"ids": list(ids)})
    return {row[0]: Parent(row[0], row[1], row[2], row[3], row[4] if row[5] else None) for row in rows}


_MARK = """
    update jobs_job set has_dependants = true where id = any(%(ids)s)
    returning id, type, owner_id, tenant_id, state, state in ('succeeded', 'failed', 'cancelled')"""

_ADD = """
    insert into jobs_dependency (parent_id, child_id, label, policy, met_at)
    select parent, child, label, policy, case when met then statement_timestamp() end
    from unnest(%(parents)s::uuid[], %(children)s::uuid[], %(labels)s::text[], %(policies)s::text[], %(met)s::boolean[])
      as t(parent, child, label, policy, met)
    on conflict (child_id, parent_id) do nothing"""


@dataclass(frozen=True, slots=True)
class Edge:
    parent: UUID
    child: UUID
    label: str
    policy: str
    met: bool


def add(edges: Sequence[Edge]) -> None:
    sql.run(
        _ADD,
        {
            "parents": [edge.parent for edge in edges],
            "children": [edge.child for edge in edges],
            "labels": [edge.label for edge in edges],
            "policies": [edge.policy for edge in edges],
            "met": [edge.met for edge in edges],
        },
    )


_SWEEP = f"""
    with stuck as (
      select id from jobs_job j where state = 'blocked'
        and not exists (select 1 from jobs_dependency e where e.child_id = j.id and e.met_at is null)
      order by id limit %(limit)s for no key update skip locked)
    update jobs_job set unmet = 0, reason = null,
      state = case when run_at > clock_timestamp() then 'scheduled' else 'queued' end
    from stuck where jobs_job.id = stuck.id
    returning jobs_job.{sql.READY}, state"""


def sweep(limit: int) -> list[Ready]:
    """Free blocked jobs without an unmet edge: what no final move reached, for whatever reason."""
    return sql.ready(row for row in sql.run(_SWEEP, {"limit": limit}) if row[sql.NEXT] == "queued")
