"""Does a worker grow? Its resident memory over a million jobs."""

import threading

from benchmarks import engine
from jobs import services
from jobs.broker import Broker

_BATCH = 1_000
_AHEAD = 20_000
_SETTLED_IN = 0.05
"""Share of the jobs after which a worker has everything that it needs: from there on its growth counts."""


def growth(broker: Broker, jobs: int) -> tuple[float, float]:
    """Resident MiB of one child after a twentieth of `jobs`, and after all of them."""
    engine.empty(broker)
    done = threading.Event()
    feeder = threading.Thread(target=_feed, args=(broker, jobs, done))
    with engine.running("--processes", "1") as worker:
        (child,) = worker.children()
        feeder.start()
        try:
            engine.reached(broker, int(jobs * _SETTLED_IN))
            early = child.memory_info().rss
            engine.reached(broker, jobs)
            late = child.memory_info().rss
        finally:
            done.set()
            feeder.join()
    return early / 1024**2, late / 1024**2


def _feed(broker: Broker, jobs: int, done: threading.Event) -> None:
    """Submit in batches, at most 20,000 ahead of what is on disk."""
    for first in range(0, jobs, _BATCH):
        if done.is_set():
            return
        engine.reached(broker, first - _AHEAD)
        numbers = range(first, first + _BATCH)
        services.enqueue_many([services.JobRequest(type=engine.TYPE, payload={"n": n}) for n in numbers])
