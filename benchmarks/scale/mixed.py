"""Instant jobs among slow ones: how long they wait, beside an ideal dispatcher."""

import time
from collections.abc import Sequence

from benchmarks import engine
from benchmarks.scale.dispatcher import Arrival, ideal_waits
from jobs import services
from jobs.broker import Broker

TYPE = "bench.mixed"
PROCESSES, CONCURRENCY = 2, 10


def waits(broker: Broker, stream: Sequence[Arrival]) -> tuple[list[float], list[float]]:
    """Seconds that the instant jobs of `stream` waited: in reality, and with an ideal dispatcher.

    The stream is submitted at its own times as far as this process keeps up; the ideal is told when each job came.
    """
    engine.empty(broker)
    flags = ("--processes", str(PROCESSES), "--concurrency", str(CONCURRENCY))
    with engine.running(*flags, types=TYPE):
        time.sleep(1.0)
        began = time.monotonic()
        submitted = []
        for job in stream:
            time.sleep(max(began + job.at - time.monotonic(), 0.0))
            came = time.monotonic() - began
            submitted.append((services.enqueue(TYPE, {"seconds": job.seconds}).id, Arrival(came, job.seconds)))
        real = engine.waits([job_id for job_id, _ in submitted])
    ideal = ideal_waits([job for _, job in submitted], PROCESSES * CONCURRENCY)
    pairs = [(real[job_id], wait) for (job_id, job), wait in zip(submitted, ideal, strict=True) if not job.seconds]
    return [own for own, _ in pairs], [wait for _, wait in pairs]
