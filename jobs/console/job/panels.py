"""What the panels of a job's page show. All bounded."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User

from jobs.console.attempts import attempts as attempts_of
from jobs.console.job import graph_drawing, state_path
from jobs.console.job.hidden import HIDDEN
from jobs.console.job.state_path import Happened
from jobs.console.job.verbs import VERBS
from jobs.console.verb import buttons
from jobs.models import DeadLetter, IdempotencyKey, Job, Worker
from jobs.queries.artifact import has_artifact
from jobs.queries.children import children
from jobs.queries.graph import Graph
from jobs.queries.graph import graph as whole_graph
from jobs.queries.timeline import timeline
from jobs.registry import registry
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.states import State

if TYPE_CHECKING:
    from jobs.console.job.page import JobPage

MOST_ATTEMPTS = 25
MOST_EVENTS = 100
MOST_NODES = 100
"""Jobs in either direction that are looked at; fewer are drawn."""
VIEW_LETTER = "jobs.view_deadletter"


def head(page: "JobPage") -> dict[str, Any]:
    """State, progress, and buttons for what its state allows and the person may do."""
    job = page.job
    return {
        "job": job,
        "parked": job.state == State.QUEUED and Job.objects.parked().filter(pk=job.pk).exists(),
        "buttons": buttons(VERBS, page.user, "job", job),
        "may_repeat": _may_repeat(job, page.user),
        "letter": _letter(job, page.user),
    }


def _may_repeat(job: Job, user: AnyUser) -> bool:
    definition = registry.find(job.type)
    return definition is not None and user.has_perm(access.SUBMIT_JOB) and access.may_submit(user, definition)


def _letter(job: Job, user: AnyUser) -> DeadLetter | None:
    """Its dead letter, for who may look at it."""
    if job.state != State.FAILED or not user.has_perm(VIEW_LETTER):
        return None
    return DeadLetter.objects.filter(job_id=job.pk).first()


def way(page: "JobPage") -> dict[str, Any]:
    """Its way through the state machine, and every event."""
    job = page.job
    events = timeline(job, payloads=page.payloads)
    happened = [Happened(event.kind, event.at) for event in events]
    taken = state_path.steps(_first_state(job), happened, State(job.state))
    return {
        "steps": taken,
        "nodes": state_path.nodes(taken),
        "edges": state_path.edges(taken),
        "width": state_path.WIDTH,
        "height": state_path.HEIGHT,
        "events": events[-MOST_EVENTS:],
        "left_out": max(0, len(events) - MOST_EVENTS),
    }


def _first_state(job: Job) -> State:
    """What it was submitted as, as far as the row still tells."""
    if job.dependency_policy:
        return State.BLOCKED
    waited = job.attempt == 0 and job.run_at > job.created_at
    return State.SCHEDULED if waited or job.state == State.SCHEDULED and job.attempt == 0 else State.QUEUED


def attempts(page: "JobPage") -> dict[str, Any]:
    return attempts_of(page.job.pk, payloads=page.payloads, most=MOST_ATTEMPTS)


def content(page: "JobPage") -> dict[str, Any]:
    artifact = page.payloads and has_artifact(page.job)
    return {"job": page.job, "payloads": page.payloads, "hidden": HIDDEN, "artifact": artifact}


def graph(page: "JobPage") -> dict[str, Any]:
    """Drawn in columns, and as a list; nothing is asked for a job that stands alone."""
    job = page.job
    if not (job.dependency_policy or job.has_dependants):
        return {"job": job}
    found = whole_graph(job, page.user, MOST_NODES + 1)  # and itself
    by_id = {node.id: node for node in found.nodes}
    pairs = [(edge.parent_id, edge.child_id) for edge in found.edges]
    drawing = graph_drawing.draw(job.id, by_id, pairs)
    met = {(edge.parent_id, edge.child_id): edge.met_at for edge in found.edges}
    return {
        "job": job,
        "drawing": drawing,
        "box": (graph_drawing.BOX_WIDTH, graph_drawing.BOX_HEIGHT),
        "nodes": [(spot, by_id[spot.id]) for spot in drawing.spots if spot.id in by_id],
        "lines": [(line, met[line.parent, line.child] is not None) for line in drawing.lines],
        "edges": _beside(job, found, by_id),
        "hidden": found.truncated or drawing.left_out,
        "cut": found.truncated,
        "most": MOST_NODES,
    }


def _beside(job: Job, found: Graph, by_id: dict[Any, Job]) -> list[dict[str, Any]]:
    """The edges of the job itself, in words."""
    return [
        {"edge": edge, "waits": edge.child_id == job.id, "other": by_id[other]}
        for edge in found.edges
        if job.id in (edge.child_id, edge.parent_id)
        and (other := edge.parent_id if edge.child_id == job.id else edge.child_id) in by_id
    ]


def profile(page: "JobPage") -> dict[str, Any]:
    """All fields, and what belongs to the job: key, lease, parent and children."""
    job = page.job
    made, all_made = children(job, page.user)
    return {
        "job": job,
        "owner": _owner(job),
        "key": IdempotencyKey.objects.filter(job_id=job.pk).first() if job.idempotency_key else None,
        "worker": Worker.objects.filter(pk=job.worker).first() if job.state == State.RUNNING else None,
        "may_see_workers": page.user.has_perm(access.VIEW_WORKER),
        "children": made,
        "children_left_out": not all_made,
    }


def _owner(job: Job) -> str:
    """The owner's name; their id when they are gone."""
    if job.owner_id is None:
        return ""
    name = User.objects.filter(pk=job.owner_id).values_list("username", flat=True).first()
    return name or f"user {job.owner_id} (deleted)"
