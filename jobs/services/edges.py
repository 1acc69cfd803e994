"""Dependencies of jobs that are being submitted: which are met already, and what the open ones make of the child."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from uuid import UUID

from jobs.envelope import DependsOn
from jobs.errors import Invalid
from jobs.states import DependencyPolicy, State
from jobs.store import dependants
from jobs.store.dependants import Edge, Parent
from jobs.store.insert import Draft


def plan(
    waiting: Mapping[UUID, list[DependsOn]], drafts: Mapping[UUID, Draft], earlier: Mapping[UUID, UUID]
) -> list[Edge]:
    """The edges of `waiting` (child -> its dependencies); sets state, unmet and reason of the drafts accordingly.

    `drafts` are all jobs of the batch, and parents may be among them; `earlier` maps ids of suppressed repeats to
    the jobs that they repeat. Parents outside are locked until the caller's commit.

    Raises:
        Invalid: a dependency is unknown, or they form a cycle.
    """
    if not waiting:
        return []
    wanted = {child: _resolved(dependencies, earlier) for child, dependencies in waiting.items()}
    order = _acyclic(wanted)
    outside = {one.job_id for dependencies in wanted.values() for one in dependencies} - set(drafts)
    parents = dependants.mark_parents(sorted(outside)) if outside else {}
    made: list[Edge] = []
    for child in (job_id for job_id in order if job_id in wanted):
        made += _edges_of(drafts[child], wanted[child], parents, drafts)
    return made


def store(edges: list[Edge]) -> None:
    if edges:
        dependants.add(edges)


def _resolved(dependencies: list[DependsOn], earlier: Mapping[UUID, UUID]) -> list[DependsOn]:
    """Suppressed repeats replaced by what they repeat; two repeats of one job are one dependency."""
    found: dict[UUID, DependsOn] = {}
    for one in dependencies:
        parent = earlier.get(one.job_id, one.job_id)
        found[parent] = DependsOn(parent, one.label, one.policy)
    return list(found.values())


def _acyclic(wanted: Mapping[UUID, list[DependsOn]]) -> list[UUID]:
    """Ids with parents before children."""
    try:
        graph = {child: [one.job_id for one in dependencies] for child, dependencies in wanted.items()}
        return list(TopologicalSorter(graph).static_order())
    except CycleError:
        raise Invalid.field("dependencies", "the jobs of this batch wait for each other in a circle") from None


def _edges_of(
    child: Draft, dependencies: list[DependsOn], parents: Mapping[UUID, Parent], drafts: Mapping[UUID, Draft]
) -> list[Edge]:
    made = []
    # A second try after an unknown commit finds what the first one made of it.
    child.state, child.reason = State.QUEUED, None
    for one in dependencies:
        state = _state_of(one.job_id, child, parents, drafts)
        edge = Edge(one.job_id, child.id, one.label, one.policy or DependencyPolicy.BLOCK, _is_met(state, one.policy))
        if state in (State.FAILED, State.CANCELLED) and not edge.met:
            child.reason = f"upstream {one.job_id} {state}"
            if edge.policy == DependencyPolicy.CANCEL:
                child.state = State.CANCELLED
        made.append(edge)
    child.dependency_policy = dependencies[0].policy
    child.unmet = sum(not edge.met for edge in made)
    if child.unmet and child.state != State.CANCELLED:
        child.state = State.BLOCKED
    return made


def _state_of(
    parent_id: UUID, child: Draft, parents: Mapping[UUID, Parent], drafts: Mapping[UUID, Draft]
) -> str | None:
    """The parent's final state, None while it is not final. A final parent is taken at its word."""
    if parent_id in drafts:
        sibling = drafts[parent_id]
        sibling.has_dependants = True
        return State.CANCELLED if sibling.state == State.CANCELLED else None
    parent = parents.get(parent_id)
    if parent is None or parent.tenant_id != child.tenant_id:
        raise Invalid.field("dependencies", f"there is no job {parent_id}")
    return parent.state


def _is_met(state: str | None, policy: str | None) -> bool:
    if state is None:
        return False
    return state == State.SUCCEEDED or policy == DependencyPolicy.ALLOW_FAILED
