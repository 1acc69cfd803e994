"""The bare loop: only the statements a durable queue cannot do without, in batches, with nothing around them.

No framework, no validation, no events, one narrow table. It is the ceiling on this machine; the engine's figures stand
beside it, from the same run and the same servers. Run as a process: `python -m benchmarks.bare drain DSN REDIS`.
"""

import datetime as dt
import json
import queue
import sys
import threading
import time
import uuid
from collections.abc import Callable

import orjson
import psycopg
import redis

from jobs.ids import uuid7s

SCHEMA = """
drop table if exists bare_job, bare_attempt;
create table bare_job (
  id uuid primary key, type text not null, queue text not null, payload jsonb not null, priority smallint not null,
  state text not null, attempt smallint not null default 0, timeout interval, run_at timestamptz,
  created_at timestamptz not null default now(), started_at timestamptz, finished_at timestamptz, worker text,
  result jsonb
) with (fillfactor = 80);
create index bare_live on bare_job (queue, run_at) where state in ('queued', 'running', 'scheduled', 'retrying');
create table bare_attempt (
  job_id uuid not null, number smallint not null, worker text not null, started_at timestamptz not null,
  finished_at timestamptz not null, outcome text not null, primary key (job_id, number));
"""
INSERT = """insert into bare_job (id, type, queue, payload, priority, state)
select id, 'noop', 'default', payload::jsonb, 5, 'queued' from unnest(%s::uuid[], %s::text[]) as t(id, payload)"""
START = """update bare_job set state = 'running', attempt = attempt + 1, started_at = clock_timestamp(), worker = %s
where id = any(%s) and state = 'queued' returning id, type, payload::text, attempt, timeout"""
SETTLE = """with outcome as (
  select * from unnest(%s::uuid[], %s::smallint[], %s::timestamptz[], %s::timestamptz[], %s::text[])
    as t(id, number, started, finished, result)
), moved as (
  update bare_job set state = 'succeeded', finished_at = o.finished, result = o.result::jsonb from outcome o
  where bare_job.id = o.id and bare_job.attempt = o.number and bare_job.state = 'running' returning bare_job.id)
insert into bare_attempt
select o.id, o.number, %s, o.started, o.finished, 'succeeded' from outcome o join moved using (id)"""
CLAIM = """local ids = redis.call('ZPOPMIN', KEYS[1], ARGV[1])
local out = {}
for i = 1, #ids, 2 do redis.call('ZADD', KEYS[2], ARGV[2], ids[i]); out[#out + 1] = ids[i] end
return out"""
READY, CLAIMED = "{bare}:ready", "{bare}:claimed"
BATCH, THREADS = 200, 4
Rows = list[tuple[uuid.UUID, str, str, int, object]]
Outcome = tuple[uuid.UUID, int, dt.datetime, dt.datetime, str]


def connect(dsn: str, redis_url: str) -> tuple[psycopg.Connection, redis.Redis]:
    return psycopg.connect(dsn, autocommit=True), redis.Redis.from_url(redis_url)


def enqueue(pg: psycopg.Connection, rd: redis.Redis, count: int, batch: int) -> float:
    """Insert and push `count` jobs, `batch` at a time. Returns jobs per second."""
    began = time.perf_counter()
    for first in range(0, count, batch):
        numbers = range(first, min(count, first + batch))
        ids = uuid7s(len(numbers))
        pg.execute(INSERT, (ids, [orjson.dumps({"n": n}).decode() for n in numbers]), prepare=True)
        rd.zadd(READY, {job.bytes: 5e12 + n for job, n in zip(ids, numbers, strict=True)})
    return count / (time.perf_counter() - began)


class Drain:
    """Claim, start, run and settle until nothing is ready."""

    def __init__(self, dsn: str, redis_url: str) -> None:
        self.pg, self.rd = connect(dsn, redis_url)
        self.settle_pg = psycopg.connect(dsn, autocommit=True)
        self.claim = self.rd.register_script(CLAIM)
        self.todo: queue.SimpleQueue[Rows | None] = queue.SimpleQueue()
        self.done: queue.SimpleQueue[list[Outcome] | None] = queue.SimpleQueue()
        self.room = threading.Semaphore(4 * BATCH)
        self.jobs, self.first, self.last = 0, 0.0, 0.0

    def run(self) -> dict[str, float]:
        """Returns jobs settled, and the Unix times of the first and the last settle."""
        performers = [threading.Thread(target=self.perform) for _ in range(THREADS)]
        settler = threading.Thread(target=self.settle)
        for thread in (*performers, settler):
            thread.start()
        self.feed()
        self._join(performers, self.todo.put)
        self._join([settler], self.done.put)
        return {"jobs": self.jobs, "first": self.first, "last": self.last}

    @staticmethod
    def _join(threads: list[threading.Thread], put: Callable[[None], None]) -> None:
        for _ in threads:
            put(None)
        for thread in threads:
            thread.join()

    def feed(self) -> None:
        while True:
            for _ in range(BATCH):
                self.room.acquire()
            ids = self.claim(keys=[READY, CLAIMED], args=[BATCH, time.time() + 30])
            if not ids:
                return
            rows = self.pg.execute(START, ("bare", [uuid.UUID(bytes=job) for job in ids]), prepare=True).fetchall()
            if len(rows) < BATCH:
                self.room.release(BATCH - len(rows))
            for first in range(0, len(rows), 25):
                self.todo.put(rows[first : first + 25])

    def perform(self) -> None:
        while (rows := self.todo.get()) is not None:
            outcomes = []
            for job, _type, payload, number, _timeout in rows:
                started, result = dt.datetime.now(dt.UTC), orjson.loads(payload)
                outcomes.append((job, number, started, dt.datetime.now(dt.UTC), orjson.dumps(result).decode()))
            self.done.put(outcomes)

    def settle(self) -> None:
        while (outcomes := self.done.get()) is not None:
            while len(outcomes) < 1000 and not self.done.empty():
                if (more := self.done.get()) is None:
                    self.done.put(None)
                    break
                outcomes += more
            columns = [list(column) for column in zip(*outcomes, strict=True)]
            self.settle_pg.execute(SETTLE, (*columns, "bare"), prepare=True)
            self.rd.zrem(CLAIMED, *[job.bytes for job in columns[0]])
            self.jobs += len(outcomes)
            self.last = time.time()
            self.first = self.first or self.last
            self.room.release(len(outcomes))


def pickup(dsn: str, redis_url: str, count: int, gap: float) -> list[float]:
    """Seconds from the enqueue of one job to its start by an idle loop that sleeps in Redis, `count` times."""
    pg, rd = connect(dsn, redis_url)
    found: list[float] = []

    def wait() -> None:
        own, ears = connect(dsn, redis_url)
        for _ in range(count):
            _key, member, _score = ears.bzpopmin(READY)
            job = uuid.UUID(bytes=member)
            own.execute(START, ("bare", [job]), prepare=True).fetchall()
            row = own.execute(
                "select extract(epoch from started_at - created_at)::float8 from bare_job where id = %s",
                [job],
            ).fetchone()
            found.append(row[0] if row else 0.0)

    waiter = threading.Thread(target=wait)
    waiter.start()
    for _ in range(count):
        time.sleep(gap)
        enqueue(pg, rd, 1, 1)
    waiter.join()
    return found


if __name__ == "__main__":
    print(json.dumps(Drain(sys.argv[2], sys.argv[3]).run()))
