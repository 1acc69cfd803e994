"""Where a job's time goes: processor time of the worker, PostgreSQL and Redis for each job of a drain."""

from collections.abc import Iterable, Mapping

import psutil

from benchmarks import engine
from jobs.broker import Broker


def per_job(broker: Broker, servers: Mapping[str, psutil.Process], jobs: int) -> dict[str, float]:
    """Microseconds of processor time per job: worker, and each of `servers`. One worker process."""
    engine.empty(broker)
    broker.pause("default")
    engine.enqueue_bulk(jobs, 5_000)
    engine.tidy()
    with engine.running("--processes", "1") as worker:
        watched = {"worker": worker, **servers}
        before = {name: _used(process) for name, process in watched.items()}
        broker.resume("default")
        engine.reached(broker, jobs)
        after = {name: _used(process) for name, process in watched.items()}
    return {name: (after[name] - before[name]) / jobs * 1e6 for name in watched}


def _used(process: psutil.Process) -> float:
    """Seconds of processor time of a process and its children, those that have ended included."""
    return sum(_seconds(one) for one in _with_children(process))


def _with_children(process: psutil.Process) -> Iterable[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)
