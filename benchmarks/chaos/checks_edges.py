"""Checks of dependencies: edges, counts, and children in their time. Pure."""

from collections import Counter
from collections.abc import Iterator

from benchmarks.chaos.evidence import EdgeRow, Evidence, JobRow, by_child
from jobs.states import FINAL


def edges_fit_parents(evidence: Evidence) -> Iterator[str]:
    jobs = {job.id: job for job in evidence.jobs}
    for (parent_id, child_id), count in Counter((edge.parent, edge.child) for edge in evidence.edges).items():
        if count > 1:
            yield f"the edge {parent_id} -> {child_id} is there {count} times: it can be met more than once"
    for edge in evidence.edges:
        parent = jobs.get(edge.parent)
        if parent is None or edge.child not in jobs:
            yield f"the edge {edge.parent} -> {edge.child} joins jobs that are not there"
        elif edge.met is None and (parent.state == "succeeded" or _is_lenient(edge) and parent.state in FINAL):
            yield f"the edge {edge.parent} -> {edge.child} ({edge.policy}) is unmet and its parent {parent.state}"
        elif edge.met is not None and not _may_be_met(edge, parent, evidence):
            yield f"the edge {edge.parent} -> {edge.child} ({edge.policy}) is met and its parent {parent.state}"


def _is_lenient(edge: EdgeRow) -> bool:
    return edge.policy == "allow_failed"


def _may_be_met(edge: EdgeRow, parent: JobRow, evidence: Evidence) -> bool:
    """An edge that an ended parent met stays met when that parent is revived and waits again."""
    return parent.state == "succeeded" or _is_lenient(edge) and (parent.state in FINAL or evidence.revived(parent.id))


def unmet_agree(evidence: Evidence) -> Iterator[str]:
    unmet = Counter(edge.child for edge in evidence.edges if edge.met is None)
    for job in evidence.jobs:
        if job.unmet != unmet[job.id]:
            yield f"job {job.id} counts {job.unmet} unmet dependencies and has {unmet[job.id]}"


def children_wait(evidence: Evidence) -> Iterator[str]:
    """No attempt of a child begins before its last edge is met."""
    parents = by_child(evidence.edges)
    for one in evidence.attempts:
        for edge in parents.get(one.job, ()):
            if edge.met is None or edge.met > one.started:
                yield f"attempt {one.number} of job {one.job} began before {edge.parent} let it"


def children_follow(evidence: Evidence) -> Iterator[str]:
    """A child that nobody touched is cancelled with a parent whose edge says so, and with no other."""
    jobs = {job.id: job for job in evidence.jobs}
    for child, edges in by_child(evidence.edges).items():
        job = jobs.get(child)
        if job is None or child in evidence.operated:
            continue
        cancelling = [edge.parent for edge in edges if edge.policy == "cancel"]
        ended = [parent for parent in cancelling if _ended_badly(jobs.get(parent))]
        # A parent that operators revived may have cancelled it before.
        causes = ended or [parent for parent in cancelling if parent in evidence.operated]
        if job.state == "cancelled" and job.attempt == 0 and not causes:
            yield f"job {child} was cancelled, and none of its parents is the cause"
        if job.state != "cancelled" and ended:
            yield f"job {child} is {job.state}, and its parent {ended[0]} should have cancelled it"


def _ended_badly(job: JobRow | None) -> bool:
    return job is not None and job.state in ("failed", "cancelled")


def nothing_swept(evidence: Evidence) -> Iterator[str]:
    if evidence.duties.get("sweeper"):
        yield f"the sweeper freed {evidence.duties['sweeper']} jobs that a final move had missed"
