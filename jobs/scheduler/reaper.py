"""Running jobs whose worker's lease has run out: handed on, as a try that was lost."""

import logging
import math
import random
import time
from collections.abc import Callable
from itertools import groupby

from jobs import jsontext, verdict
from jobs.conf import Options
from jobs.retry import from_json
from jobs.services import announce
from jobs.settlement import Settlement
from jobs.states import Outcome
from jobs.store import lookout
from jobs.store.lookout import Abandoned
from jobs.store.settle import settle
from jobs.verdict import Budget, Failure

logger = logging.getLogger(__name__)
_BATCH = 1000
_SLOW = 1.0
_REMEMBERED = 60.0


class Clocks:
    """PostgreSQL's, by which leases run out, and one that is never set: where the first goes ahead at once, all leases
    are over though every worker lives.

    Args:
        tolerance: seconds by which they may differ from one look to the next.
    """

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self._ahead: float | None = None

    def have_parted(self, theirs: float, ours: float) -> bool:
        """Whether they have since the last look; both in seconds, each from its own beginning."""
        before, self._ahead = self._ahead, theirs - ours
        return before is not None and self._ahead - before > self._tolerance


class Reaper:
    """Judges only after a whole lease time of uninterrupted PostgreSQL: before, no worker could have renewed.

    Args:
        steady: seconds for which PostgreSQL has answered this process.
    """

    name = "reaper"

    def __init__(self, conf: Options, steady: Callable[[], float]) -> None:
        self.interval = min(1.0, conf.lease_ttl / 4)
        self._conf = conf
        self._steady = steady
        self._lost: set[str] = set()
        self._clocks = Clocks(conf.lease_ttl / 4)
        self._gap = -math.inf
        """When (monotonic) an answer last came so late that workers may have waited for theirs just as long."""

    def run_once(self) -> int:
        lease, asked = self._conf.lease_ttl, time.monotonic()
        uptime = lookout.postgres_uptime()
        if self._clocks.have_parted(uptime, asked):
            text = "PostgreSQL's clock went ahead (set, after a sleep, a late answer): no lease is judged for %g s"
            logger.warning(text, lease)
            self._gap = asked
        if min(self._steady(), asked - self._gap, uptime) < lease:
            return 0
        found = sorted(lookout.abandoned(_BATCH), key=lambda one: (one.worker, one.release))
        if time.monotonic() - asked > max(lease / 2, _SLOW):
            self._gap = time.monotonic()
            return 0
        self._tell_lost()
        return sum(self._hand_on(worker, release, list(jobs)) for (worker, release), jobs in groupby(found, _of))

    def _tell_lost(self) -> None:
        """Say once of each worker that it is dead, whether it left jobs or not."""
        lost = set(lookout.lost_workers(_REMEMBERED))
        for worker in sorted(lost - self._lost):
            announce.happened("worker.lost", name=worker)
        self._lost = lost

    def _hand_on(self, worker: str, release: str, jobs: list[Abandoned]) -> int:
        batch = [self._settlement(job) for job in jobs]
        settled = settle(worker, release, batch)
        if settled.moved:
            logger.warning("worker %s is dead: %d of its jobs were handed on", worker, settled.moved)
        news = settled.news(batch)
        news.add("job.recovered", [job for job in jobs if (job.id, job.attempt) not in settled.outrun])
        announce.ready(settled.ready, tally=settled.tally(batch), news=news)
        announce.gone(settled.cancelled)
        return settled.moved

    def _settlement(self, job: Abandoned) -> Settlement:
        blank = Settlement(
            id=job.id,
            number=job.attempt,
            claim=job.claim,
            outcome="",
            state="",
            took=job.seconds,
            waited=job.waited,
            queue=job.queue,
            type=job.type,
            tenant_id=job.tenant_id,
            owner_id=job.owner_id,
        )
        default = self._conf.default_retry
        policy = from_json(jsontext.decode(job.retry_policy), default) if job.retry_policy else default
        budget = Budget(job.tries, job.max_attempts, policy)
        failure = Failure("LeaseExpired", f"worker {job.worker!r} stopped renewing its lease")
        return verdict.failed(blank, failure, budget, random.random(), outcome=Outcome.LEASE_EXPIRED)  # noqa: S311


def _of(job: Abandoned) -> tuple[str, str]:
    return job.worker, job.release
