"""The shapes of what belongs to a job: attempts, events, log lines, graph."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from jobs.api import renders
from jobs.models import Attempt, Dependency, IdempotencyKey, Job, Worker
from jobs.queries.graph import Graph
from jobs.queries.timeline import Event
from jobs.waits import Reason


def attempts(found: Sequence[Attempt], *, payloads: bool) -> list[dict[str, Any]]:
    return [_attempt(row, payloads) for row in found]


def _attempt(row: Attempt, payloads: bool) -> dict[str, Any]:
    return {
        "number": row.number,
        "outcome": row.outcome,
        "worker_id": row.worker,
        "release": row.release,
        "started_at": renders.time(row.started_at),
        "finished_at": renders.time(row.finished_at),
        "error_type": row.error_type,
        "error_message": row.error_message,
        "traceback": row.traceback if payloads else None,
        "logs": row.logs if payloads else None,
        "fenced": row.fenced,
    }


def events(found: Iterable[Event]) -> list[dict[str, Any]]:
    return [{**asdict(event), "at": renders.time(event.at)} for event in found]


def log_lines(found: Sequence[Attempt]) -> list[dict[str, Any]]:
    """The lines of attempts that come newest first, oldest line first."""
    return [
        {
            "attempt": row.number,
            "at": renders.time(row.started_at + timedelta(seconds=seconds)),
            "level": level,
            "text": text,
        }
        for row in reversed(found)
        for seconds, level, text in row.logs or ()
    ]


def graph(found: Graph) -> dict[str, Any]:
    return {
        "root": str(found.root),
        "nodes": [_node(job) for job in found.nodes],
        "edges": [_edge(edge) for edge in found.edges],
        "truncated": found.truncated,
    }


def _node(job: Job) -> dict[str, Any]:
    return {
        "id": str(job.id),
        "type": job.type,
        "queue": job.queue,
        "state": job.state,
        "step": job.step,
        "blocked_reason": renders.blocked_reason(job),
        "progress": job.progress,
        "created_at": renders.time(job.created_at),
        "started_at": renders.time(job.started_at),
        "finished_at": renders.time(job.finished_at),
        "execution_ms": renders.milliseconds(job.started_at, job.finished_at),
        "links": renders.links(job),
    }


def _edge(edge: Dependency) -> dict[str, Any]:
    return {
        "from": str(edge.parent_id),
        "to": str(edge.child_id),
        "label": edge.label,
        "policy": edge.policy,
        "met": edge.met_at is not None,
    }


def idempotency(job: Job) -> dict[str, Any] | None:
    """The key that the job holds, while it holds it."""
    row = IdempotencyKey.objects.filter(job_id=job.pk).first()
    if row is None:
        return None
    return {"key": row.key, "tenant_id": row.tenant_id, "type": row.type, "expires_at": renders.time(row.expires_at)}


def lease(job: Job) -> dict[str, Any] | None:
    """The lease of the worker that runs it; None when it does not run."""
    if job.state != "running" or job.worker is None:
        return None
    row = Worker.objects.filter(pk=job.worker).first()
    return {
        "worker_id": job.worker,
        "lease_until": renders.time(row.lease_until) if row else None,
        "heartbeat_at": renders.time(row.heartbeat_at) if row else None,
        "alive": Worker.objects.alive().filter(pk=job.worker).exists(),
    }


def reasons(found: Sequence[Reason]) -> list[dict[str, Any]]:
    return [
        {
            **reason._asdict(),
            "target": reason.target._asdict() if reason.target else None,
            "until": renders.time(reason.until),
        }
        for reason in found
    ]
