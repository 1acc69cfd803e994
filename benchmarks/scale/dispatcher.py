"""What an ideal dispatcher would have made of the same arrivals: a simulation without any cost. Pure."""

import heapq
import random
from collections.abc import Sequence
from typing import NamedTuple


class Arrival(NamedTuple):
    """A job that comes `at` seconds after the beginning and runs for `seconds`."""

    at: float
    seconds: float


def arrivals(rate: float, duration: float, slow_share: float, slow: float, seed: int) -> list[Arrival]:
    """A Poisson stream of `rate` jobs a second for `duration` seconds; `slow_share` of them take `slow` seconds."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, and no secret
    found, at = [], chance.expovariate(rate)
    while at < duration:
        found.append(Arrival(at, slow if chance.random() < slow_share else 0.0))
        at += chance.expovariate(rate)
    return found


def ideal_waits(stream: Sequence[Arrival], slots: int) -> list[float]:
    """Seconds that each job waits when the first in line always gets the first free slot at once."""
    free = [0.0] * slots
    waits = []
    for job in stream:
        start = max(job.at, heapq.heappop(free))
        heapq.heappush(free, start + job.seconds)
        waits.append(start - job.at)
    return waits


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
