"""taskiq on Redis streams, without a result backend."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from taskiq_redis import RedisStreamBroker

from benchmarks.peers.job import Producer, tick

broker = RedisStreamBroker(os.environ["REDIS_URL"], queue_name="peers", consumer_id="0", xread_count=100)


@broker.task(task_name="noop")
async def noop(n: int) -> dict[str, int]:
    tick()
    return {"n": n}


@asynccontextmanager
async def producer() -> AsyncIterator[Producer]:
    await broker.startup()
    yield Producer(one=lambda number: noop.kiq(n=number))
