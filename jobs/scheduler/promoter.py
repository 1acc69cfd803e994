"""Jobs whose time has come: scheduled and retrying -> queued; expired -> cancelled; freed ones -> queued."""

from jobs.news import News
from jobs.services import announce
from jobs.store import dependants, moves

_BATCH = 1000


class Promoter:
    name = "promoter"

    def __init__(self, interval: float) -> None:
        self.interval = interval

    def run_once(self) -> int:
        promoted = moves.promote(_BATCH)
        announce.ready(promoted, news=News.of("job.activated", promoted))
        return len(promoted)


class Expirer:
    """Ends waiting jobs that may not start any more."""

    name = "expirer"

    def __init__(self, interval: float) -> None:
        self.interval = interval

    def run_once(self) -> int:
        expired = moves.expire(_BATCH)
        announce.ended(expired.ended)
        announce.freed(expired.ready, expired.held_back)
        return len(expired.ended)


class Sweeper:
    """Frees blocked jobs without an unmet edge, in case a final move ever missed one."""

    name = "sweeper"

    def __init__(self, interval: float) -> None:
        self.interval = interval

    def run_once(self) -> int:
        freed = dependants.sweep(_BATCH)
        announce.freed(freed)
        return len(freed)
