"""Does a full table slow the engine down? Drain beside nothing, a million waiting jobs, and a million finished ones."""

from benchmarks import engine
from jobs import services
from jobs.broker import Broker
from jobs.store import sql

_FINISHED = """
    insert into jobs_job (id, type, queue, tenant_id, payload, priority, state, attempt, tries, max_attempts, timeout,
      schema_version, run_at, created_at, started_at, finished_at, worker, claim, tags, unmet, has_dependants, result)
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7000' || '8'
        || lpad(to_hex(n), 15, '0'))::uuid,
      'bench.noop', 'default', '', jsonb_build_object('n', n), 5, 'succeeded', 1, 1, 3, 300, 1, at, at, at, at,
      'earlier', 1, '{}', 0, false, jsonb_build_object('n', n)
    from generate_series(1, %(count)s) as n, lateral (select now() - (%(count)s - n) * interval '10 ms') as t(at)"""
_ATTEMPTS = """
    insert into jobs_attempt (job_id, number, worker, release, started_at, finished_at, outcome, fenced)
    select id, 1, 'earlier', '1', started_at, finished_at, 'succeeded', false from jobs_job"""
_WARM = 5_000


def beside_nothing(broker: Broker, jobs: int, many: int) -> float:
    """Jobs per second."""
    engine.empty(broker)
    return _drain(broker, jobs)


def beside_waiting(broker: Broker, jobs: int, many: int) -> float:
    """The first `jobs` of `many` that wait."""
    engine.empty(broker)
    return _drain(broker, jobs, many)


def beside_finished(broker: Broker, jobs: int, many: int) -> float:
    """`jobs`, with `many` finished ones and their attempts in the tables."""
    engine.empty(broker)
    sql.run(_FINISHED, {"count": many})
    sql.run(_ATTEMPTS)
    return _drain(broker, jobs)


def _drain(broker: Broker, jobs: int, submitted: int = 0) -> float:
    """Jobs per second of one process, between the 5,000th and the last of `jobs`: then it runs at its pace."""
    broker.pause("default")
    for first in range(0, submitted or jobs, 5_000):
        numbers = range(first, first + 5_000)
        services.enqueue_many([services.JobRequest(type=engine.TYPE, payload={"n": n}) for n in numbers])
    engine.tidy()
    with engine.running("--processes", "1"):
        broker.resume("default")
        began, first = engine.reached(broker, _WARM)
        ended, last = engine.reached(broker, jobs)
    return (last - first) / (ended - began)
