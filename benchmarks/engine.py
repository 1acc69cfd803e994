"""The engine's own figures: real submits, real `runworker` processes. Needs Django to be set up."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import psutil

from jobs import services
from jobs.broker import Broker, patient_broker
from jobs.services.rebuild import rebuild
from jobs.store import insert, sql

TYPE = "bench.noop"
__all__ = [
    "drain",
    "empty",
    "enqueue_bulk",
    "enqueue_single",
    "patient_broker",
    "pickup",
    "reached",
    "running",
    "waits",
]


def empty(broker: Broker) -> None:
    """No job, no attempt, an empty Redis that is known to be complete."""
    sql.run("truncate jobs_job, jobs_attempt, jobs_deadletter, jobs_dependency, jobs_idempotencykey, jobs_worker")
    broker.flush()
    insert.add_queues(["default"])
    rebuild(broker, "default")
    tidy()


def tidy() -> None:
    """What autovacuum does a little later by itself, done now, so that it does not fall into one figure in five."""
    sql.run("vacuum (analyze)")


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
    tidy()
    with running("--processes", str(processes)):
        time.sleep(1.0)
        broker.resume("default")
        reached(broker, count)
        began, ended, done = sql.run(
            """select extract(epoch from min(started_at))::float8, extract(epoch from clock_timestamp())::float8,
              count(*) from jobs_attempt where outcome = 'succeeded'"""
        )[0]
    if done != count:
        raise RuntimeError(f"{done} attempts of {count} jobs succeeded")
    return count / (ended - began)


def pickup(count: int, gap: float) -> list[float]:
    """Seconds from commit to the handler's start in an idle worker, `count` times."""
    with running("--processes", "1"):
        submitted = services.enqueue(TYPE, {"n": 0})
        while not sql.run("select 1 from jobs_attempt where job_id = %s", [submitted.id]):
            time.sleep(0.05)
        ids = []
        for number in range(count):
            time.sleep(gap)
            ids.append(services.enqueue(TYPE, {"n": number}).id)
        return list(waits(ids).values())


def waits(ids: Sequence[UUID]) -> dict[UUID, float]:
    """Waits until all of `ids` have ended: seconds from each one's commit to its handler's start."""
    query = """select j.id, extract(epoch from a.started_at - j.created_at)::float8 from jobs_attempt a
        join jobs_job j on j.id = a.job_id where j.id = any(%s) and a.outcome = 'succeeded'"""
    while len(rows := sql.run(query, [list(ids)])) < len(ids):
        time.sleep(0.05)
    return {row[0]: row[1] for row in rows}


def reached(broker: Broker, count: int, type_: str = TYPE) -> tuple[float, int]:
    """Waits until so many attempts are on disk, as they are counted in Redis: (monotonic time, how many)."""
    while (done := broker.totals("default").get(f"{type_}|outcome.succeeded", 0)) < count:
        time.sleep(0.01)
    return time.monotonic(), done


@contextmanager
def running(*arguments: str, types: str = TYPE) -> Iterator[psutil.Process]:
    """A `runworker` for the time of a `with`, all of its processes ready."""
    command = [sys.executable, "manage.py", "runworker", "--skip-checks", "--log-level", "warning", "--types", types]
    processes = int(arguments[arguments.index("--processes") + 1])
    before = _registered()
    worker = subprocess.Popen([*command, *arguments])
    try:
        while _registered() < before + processes:
            time.sleep(0.02)
        yield psutil.Process(worker.pid)
    finally:
        worker.terminate()
        worker.wait()


def _registered() -> int:
    return int(sql.run("select count(*) from jobs_worker")[0][0])
