"""Thousands of jobs that wait for something, at the same time in one child."""

import time

from benchmarks import engine
from jobs import services
from jobs.broker import Broker
from jobs.store import sql

TYPE = "bench.wait"


def side_by_side(broker: Broker, jobs: int, seconds: float) -> tuple[int, float]:
    """How many of `jobs` ran at the same time, and seconds from the first begun to the last ended."""
    engine.empty(broker)
    services.enqueue_many([services.JobRequest(type=TYPE, payload={"seconds": seconds}) for _ in range(jobs)])
    with engine.running("--processes", "1", "--concurrency", str(jobs), types=TYPE):
        engine.reached(broker, jobs, TYPE)
        time.sleep(0.1)
    most, took = sql.run(_MOST)[0]
    return int(most), float(took)


_MOST = """
    with changes as (
      select started_at as at, 1 as change from jobs_attempt union all select finished_at, -1 from jobs_attempt),
    running as (select sum(change) over (order by at, change) as count from changes)
    select max(count), (select extract(epoch from max(finished_at) - min(started_at))::float8 from jobs_attempt)
    from running"""
