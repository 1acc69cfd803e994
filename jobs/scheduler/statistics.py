"""Figures that operators see: minutes brought from Redis to PostgreSQL, and live jobs counted."""

import time
from datetime import UTC, datetime

from jobs.broker import Broker
from jobs.store import spans, statistics, workers
from jobs.store.statistics import Minute

_MINUTE = 60
_OPEN_MINUTES = 3
"""A minute may still grow: settles arrive late, and clocks of Redis and PostgreSQL may differ."""
_KEPT_MINUTES = 60
"""Redis keeps two hours; that much is caught up after a time without a scheduler."""
_SOONEST = 5.0


class Statistics:
    """Each round brings the last few minutes as they are now, and adds them up. Done twice it does no harm."""

    name = "statistics"

    def __init__(self, broker: Broker) -> None:
        self.interval = 5.0
        self._broker = broker
        self._read: dict[str, int] = {}

    def run_once(self) -> int:
        now = int(statistics.clock()) // _MINUTE * _MINUTE
        kept = statistics.latest() if not self._read else {}
        earliest = now
        for queue in workers.queue_modes():
            since = self._read.get(queue, kept.get(queue, 0))
            first = max(since - _OPEN_MINUTES * _MINUTE, now - _KEPT_MINUTES * _MINUTE)
            statistics.keep(self._minutes(queue, first, now))
            self._read[queue] = now
            earliest = min(earliest, first)
        spans.add_minutes(_instant(earliest), _instant(now + 2 * _MINUTE))
        return 0

    def _minutes(self, queue: str, first: int, now: int) -> list[Minute]:
        found = []
        for at in range(first, now + 2 * _MINUTE, _MINUTE):
            counted = self._broker.minute(queue, at)
            if counted is not None:
                found.append(Minute(queue, at, *counted))
        return found


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


class Depths:
    """Counts live jobs, at most a twentieth of the time, however many wait."""

    name = "depths"

    def __init__(self) -> None:
        self.interval = _SOONEST

    def run_once(self) -> int:
        began = time.monotonic()
        statistics.count_live()
        self.interval = max(_SOONEST, 20 * (time.monotonic() - began))
        return 0
