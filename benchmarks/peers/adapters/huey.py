"""Huey on Redis, without results (its results stay only until they are read)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from huey import RedisHuey

from benchmarks.peers.job import Producer, tick

huey = RedisHuey("peers", url=os.environ["REDIS_URL"], results=False, blocking=True)


@huey.task()
def noop(n: int) -> dict[str, int]:
    tick()
    return {"n": n}


@contextmanager
def producer() -> Iterator[Producer]:
    yield Producer(one=lambda number: noop(n=number))
