"""Procrastinate on PostgreSQL by psycopg."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import procrastinate

from benchmarks.peers.job import Producer, tick

CONCURRENCY = int(os.environ.get("CONCURRENCY", "5"))
app = procrastinate.App(
    connector=procrastinate.PsycopgConnector(conninfo=os.environ["POSTGRES_DSN"], min_size=2, max_size=CONCURRENCY + 2)
)


@app.task(name="noop")
async def noop(n: int) -> dict[str, int]:
    tick()
    return {"n": n}


@asynccontextmanager
async def producer() -> AsyncIterator[Producer]:
    async with app.open_async():
        yield Producer(
            one=lambda number: noop.defer_async(n=number),
            many=lambda numbers: noop.batch_defer_async(*({"n": n} for n in numbers)),
        )


async def set_up() -> None:
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


async def work() -> None:
    async with app.open_async():
        await app.run_worker_async(concurrency=CONCURRENCY)
