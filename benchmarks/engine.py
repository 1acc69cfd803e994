"""The engine's own figures: real submits, real `runworker` processes. Needs Django to be set up."""

import subprocess
import sys
import time

from jobs import services
from jobs.broker import Broker, patient_broker
from jobs.services.rebuild import rebuild
from jobs.store import insert, sql

TYPE = "bench.noop"
__all__ = ["drain", "empty", "enqueue_bulk", "enqueue_single", "patient_broker", "pickup"]


def empty(broker: Broker) -> None:
    """No job, no attempt, an empty Redis that is known to be complete."""
    sql.run("truncate jobs_job, jobs_attempt, jobs_deadletter, jobs_dependency, jobs_idempotencykey, jobs_worker")
    broker.flush()
    insert.add_queues(["default"])
    rebuild(broker, "default")


def enqueue_bulk(count: int, batch: int) -> float:
    """Jobs per second."""
    began = time.perf_counter()
    for first in range(0, count, batch):
        services.enqueue_many(
            [
                services.JobRequest(type=TYPE, payload={"n": number})
                for number in range(first, min(count, first + batch))
            ]
        )
    return count / (time.perf_counter() - began)


def enqueue_single(count: int) -> float:
    """Jobs per second, each with its own commit."""
    began = time.perf_counter()
    for number in range(count):
        services.enqueue(TYPE, {"n": number})
    return count / (time.perf_counter() - began)


def drain(broker: Broker, count: int, processes: int) -> float:
    """Jobs per second from the first begun to the last on disk; `count` jobs and all processes being ready before."""
    broker.pause("default")
    worker = _worker("--processes", str(processes))
    try:
        _until("select count(*) = %s from jobs_worker", [processes])
        time.sleep(1.0)
        broker.resume("default")
        _until("select not exists (select 1 from jobs_job where state in ('queued', 'running'))", [])
        began, ended, done = sql.run(
            """select extract(epoch from min(started_at))::float8, extract(epoch from clock_timestamp())::float8,
              count(*) from jobs_attempt where outcome = 'succeeded'"""
        )[0]
    finally:
        worker.terminate()
        worker.wait()
    if done != count:
        raise RuntimeError(f"{done} attempts of {count} jobs succeeded")
    return count / (ended - began)


def _until(query: str, parameters: list[object]) -> None:
    while not sql.run(query, parameters)[0][0]:
        time.sleep(0.02)


def pickup(count: int, gap: float) -> list[float]:
    """Seconds from commit to the handler's start in an idle worker, `count` times."""
    worker = _worker("--processes", "1")
    try:
        submitted = services.enqueue(TYPE, {"n": 0})
        while not sql.run("select 1 from jobs_attempt where job_id = %s", [submitted.id]):
            time.sleep(0.05)
        ids = []
        for number in range(count):
            time.sleep(gap)
            ids.append(services.enqueue(TYPE, {"n": number}).id)
        while sql.run("select count(*) from jobs_attempt where job_id = any(%s)", [ids])[0][0] < count:
            time.sleep(0.05)
        rows = sql.run(
            """select extract(epoch from a.started_at - j.created_at)::float8 from jobs_attempt a
            join jobs_job j on j.id = a.job_id where j.id = any(%s)""",
            [ids],
        )
        return [row[0] for row in rows]
    finally:
        worker.terminate()
        worker.wait()


def _worker(*arguments: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "manage.py",
        "runworker",
        "--skip-checks",
        "--types",
        TYPE,
        "--log-level",
        "warning",
    ]
    return subprocess.Popen([*command, *arguments])
