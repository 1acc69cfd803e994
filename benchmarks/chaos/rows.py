"""Reads the rows of a run when all is quiet."""

from collections.abc import Mapping
from uuid import UUID

from benchmarks.chaos.evidence import AttemptRow, EdgeRow, JobRow, WorkerRow
from jobs.models import Duty
from jobs.store import sql

_JOBS = """
    select id, (payload->>'n')::int, state, attempt, tries, max_attempts, unmet, reason, idempotency_key,
      extract(epoch from created_at)::float8 from jobs_job"""
_ATTEMPTS = """
    select job_id, number, outcome, worker, fenced, extract(epoch from started_at)::float8,
      extract(epoch from finished_at)::float8, error_type from jobs_attempt order by job_id, number"""
_EDGES = "select parent_id, child_id, policy, extract(epoch from met_at)::float8 from jobs_dependency"
_KEYS = "select type || ' ' || key, job_id from jobs_idempotencykey"
_LETTERS = "select job_id from jobs_deadletter"
_WORKERS = "select id, pid, extract(epoch from started_at)::float8, settled, fenced from jobs_worker"
_OPERATED = (
    "select substr(target, 5)::uuid, array_agg(distinct verb) from jobs_auditentry where target like 'job:%' group by 1"
)
_PENDING = "select count(*) from jobs_job where state in ('scheduled', 'queued', 'running', 'retrying')"
_QUEUED = "select queue, id from jobs_job where state = 'queued'"


def jobs() -> list[JobRow]:
    return [JobRow(*row) for row in sql.run(_JOBS)]


def attempts() -> list[AttemptRow]:
    return [AttemptRow(*row) for row in sql.run(_ATTEMPTS)]


def edges() -> list[EdgeRow]:
    return [EdgeRow(*row) for row in sql.run(_EDGES)]


def keys() -> list[tuple[str, UUID]]:
    return [(row[0], row[1]) for row in sql.run(_KEYS)]


def letters() -> list[UUID]:
    return [row[0] for row in sql.run(_LETTERS)]


def workers() -> list[WorkerRow]:
    return [WorkerRow(*row) for row in sql.run(_WORKERS)]


def operated() -> Mapping[UUID, frozenset[str]]:
    return {row[0]: frozenset(row[1]) for row in sql.run(_OPERATED)}


def duties() -> Mapping[str, int]:
    return dict(Duty.objects.values_list("name", "total"))


def pending() -> int:
    """Jobs that will still move by themselves."""
    return int(sql.run(_PENDING)[0][0])


def queued() -> dict[str, set[UUID]]:
    """Ids of queued jobs by queue."""
    found: dict[str, set[UUID]] = {}
    for queue, job_id in sql.run(_QUEUED):
        found.setdefault(queue, set()).add(job_id)
    return found
