"""Minutes of figures added up to five minutes, half hours, hours and quarters of a day."""

from datetime import UTC, datetime, timedelta

from jobs.store import spans, statistics

_PORTION = timedelta(days=1)
"""Added up in one round: after a time without it, or with the first one, there may be weeks."""
_LATE = timedelta(hours=2)
"""So long after its end a minute may still be written: what Redis kept while no scheduler led."""
_SOON, _SELDOM = 5.0, 60.0


class Spans:
    """Each round makes the latest spans anew. Done twice it does no harm."""

    name = "spans"

    def __init__(self) -> None:
        self.interval = _SOON
        self._done: dict[int, datetime] = {}

    def run_once(self) -> int:
        now = datetime.fromtimestamp(statistics.clock(), UTC)
        behind = [self._advance(minutes, now) for minutes in spans.SIZES]
        self.interval = _SOON if any(behind) else _SELDOM
        return 0

    def _advance(self, minutes: int, now: datetime) -> bool:
        """Whether there is more to do."""
        reached = self._done.get(minutes) or spans.begin(minutes)
        if reached is None:
            return False
        since = spans.floor(minutes, min(reached, now - _LATE))
        until = min(spans.floor(minutes, since + _PORTION), self._limit(minutes, now))
        spans.add_up(minutes, since, until)
        self._done[minutes] = until
        return until < self._limit(minutes, now)

    def _limit(self, minutes: int, now: datetime) -> datetime:
        """The end of the present span; of what is made of shorter spans, no further than these have come."""
        end = spans.floor(minutes, now) + timedelta(minutes=minutes)
        return end if minutes == spans.FIVE else min(end, self._done.get(_shorter(minutes), end))


def _shorter(minutes: int) -> int:
    return spans.SIZES[spans.SIZES.index(minutes) - 1]
