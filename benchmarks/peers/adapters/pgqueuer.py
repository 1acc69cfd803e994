"""PgQueuer on PostgreSQL by asyncpg. Its jobs have a payload of bytes, so the handler parses it.

`GC_THRESHOLD` is how many new objects make Python look for garbage; 700 is what Python does by itself.
"""

import gc
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries

from benchmarks.peers.job import Producer, tick

BATCH = int(os.environ.get("BATCH", "500"))


def payload(number: int) -> bytes:
    return b'{"n": %d}' % number


@asynccontextmanager
async def producer() -> AsyncIterator[Producer]:
    queries = Queries(AsyncpgDriver(await asyncpg.connect(os.environ["POSTGRES_DSN"])))

    async def many(numbers: range) -> None:
        count = len(numbers)
        await queries.enqueue(["noop"] * count, [payload(number) for number in numbers], [0] * count)

    yield Producer(one=lambda number: queries.enqueue("noop", payload(number)), many=many)


async def set_up() -> None:
    await Queries(AsyncpgDriver(await asyncpg.connect(os.environ["POSTGRES_DSN"]))).install()


async def work() -> None:
    gc.set_threshold(int(os.environ.get("GC_THRESHOLD", "700")))
    pgq = PgQueuer(AsyncpgDriver(await asyncpg.connect(os.environ["POSTGRES_DSN"])))

    @pgq.entrypoint("noop")
    async def noop(job: Job) -> dict[str, int]:
        given = json.loads(job.payload or b"{}")
        tick()
        return {"n": given["n"]}

    await pgq.run(batch_size=BATCH)
