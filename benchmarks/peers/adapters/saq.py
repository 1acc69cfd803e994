"""SAQ, on PostgreSQL with `STORE=postgres`, else on Redis."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from saq import Queue, Worker
from saq.queue.postgres import PostgresQueue
from saq.queue.redis import RedisQueue

from benchmarks.peers.job import Producer, tick

CONCURRENCY = int(os.environ.get("CONCURRENCY", "20"))


def connect() -> Queue:
    if os.environ.get("STORE") == "postgres":
        return PostgresQueue(url=os.environ["POSTGRES_DSN"], name="peers", min_size=4, max_size=CONCURRENCY + 4)
    return RedisQueue(Redis.from_url(os.environ["REDIS_URL"]), name="peers", max_concurrent_ops=200)


async def noop(_context: object, *, n: int) -> dict[str, int]:
    tick()
    return {"n": n}


@asynccontextmanager
async def producer() -> AsyncIterator[Producer]:
    queue = connect()
    await queue.connect()
    yield Producer(one=lambda number: queue.enqueue("noop", n=number))
    await queue.disconnect()


async def set_up() -> None:
    queue = connect()
    await queue.connect()  # makes the tables
    await queue.disconnect()


async def work() -> None:
    queue = connect()
    await queue.connect()
    await Worker(queue, [noop], concurrency=CONCURRENCY).start()
