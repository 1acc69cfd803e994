"""Parents end in two worker processes at once, while further children are submitted: each child runs once."""

import pytest

from jobs import services
from jobs.models import Job
from jobs.services import JobRequest
from tests.acceptance.system import System

pytestmark = pytest.mark.acceptance


def test_children_whose_parents_end_at_the_same_moment_are_freed_once(system: System) -> None:
    gate = system.folder / "gate"
    kinds = ("test.holds", "test.holds_async")
    for kind in kinds:
        system.worker("--types", f"{kind},test.work", "--concurrency", "20")
    payload = {"ledger": system.ledger("parents"), "gate": str(gate)}
    pairs = [[JobRequest(type=kind, payload=payload) for kind in kinds] for _ in range(20)]
    children = [_child(system, pair) for pair in pairs]
    services.enqueue_many([parent for pair in pairs for parent in pair] + children)
    system.until(lambda: len(system.said("begin", "parents")) == 40, "all parents run")
    gate.touch()
    parents = Job.objects.filter(type__in=kinds)
    while parents.filter(state="running").exists():
        late = [_child(system, pair) for pair in pairs]
        services.enqueue_many(late)
        children += late
    jobs = system.until_final(*[child.id for child in children])
    assert {(job.state, job.attempt, job.unmet) for job in jobs} == {("succeeded", 1, 0)}
    assert sorted(system.said("begin")) == sorted((str(child.id), 1) for child in children)


def _child(system: System, parents: list[JobRequest]) -> JobRequest:
    return JobRequest(type="test.work", payload={"ledger": system.ledger()}, dependencies=list(parents))
