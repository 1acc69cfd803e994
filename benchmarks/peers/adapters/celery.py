"""Celery on Redis. `RESULTS=1`: late acknowledgement and results kept; else early, and nothing kept."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from celery import Celery

from benchmarks.peers.job import Producer, tick

RESULTS = os.environ.get("RESULTS") == "1"
URL = os.environ["REDIS_URL"].replace("unix://", "redis+socket://")

app = Celery("peers", broker=URL, backend=URL if RESULTS else None)
app.conf.update(
    task_ignore_result=not RESULTS,
    task_acks_late=RESULTS,
    task_reject_on_worker_lost=RESULTS,
    worker_prefetch_multiplier=64,
    worker_disable_rate_limits=True,
    broker_connection_retry_on_startup=True,
    task_default_queue="peers",
)


@app.task(name="noop")
def noop(n: int) -> dict[str, int]:
    tick()
    return {"n": n}


@contextmanager
def producer() -> Iterator[Producer]:
    # group() is no bulk call: it publishes one message at a time, as fast as delay()
    yield Producer(one=lambda number: noop.delay(n=number))
