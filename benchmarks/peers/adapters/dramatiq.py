"""Dramatiq on Redis, without a result backend."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.peers.job import Producer, tick

broker = RedisBroker(url=os.environ["REDIS_URL"])
dramatiq.set_broker(broker)


@dramatiq.actor
def noop(n: int) -> dict[str, int]:
    tick()
    return {"n": n}


@contextmanager
def producer() -> Iterator[Producer]:
    yield Producer(one=lambda number: noop.send(n=number))
