"""RQ, with its default of keeping results for 500 s."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from rq import Queue
from rq.cli import main

from benchmarks.peers.job import Producer, tick


def noop(n: int) -> dict[str, int]:
    tick()
    return {"n": n}


@contextmanager
def producer() -> Iterator[Producer]:
    queue = Queue("peers", connection=Redis.from_url(os.environ["REDIS_URL"]))
    yield Producer(
        one=lambda number: queue.enqueue(noop, n=number),
        many=lambda numbers: queue.enqueue_many([Queue.prepare_data(noop, kwargs={"n": n}) for n in numbers]),
    )


def work() -> None:
    """RQ's own pool, in this process, so that the job's module is imported before the workers are forked."""
    pool = ["worker-pool", "-q", "-n", os.environ["PROCESSES"], "-w", "rq.worker.SimpleWorker"]
    sys.argv = ["rq", *pool, "-u", os.environ["REDIS_URL"], "peers"]
    main()
