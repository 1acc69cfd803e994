"""Renews the lease of the whole process in one UPDATE, and hears what PostgreSQL has to say to this worker."""

import logging
import threading
import time
from collections.abc import Callable

import psutil
from django.db import DatabaseError, InterfaceError, connection

from jobs.conf import Options
from jobs.engine_thread import EngineThread
from jobs.news import News
from jobs.outcomes import CancelRequested
from jobs.services import announce
from jobs.store import lookout, workers
from jobs.store.workers import Vitals
from jobs.worker.claimer import Permission
from jobs.worker.hand import Hand, Running
from jobs.worker.options import WorkerOptions
from jobs.worker.settler import Settler

logger = logging.getLogger(__name__)
_TICK = 1.0


class Heartbeat:
    """A thread: every second it reads the queues' modes and stores progress, every interval it renews the lease.

    Args:
        stop: called with a reason when the worker must end: its row is gone, drained, too much memory.
        interrupt: asks a running attempt to stop.
    """

    def __init__(
        self,
        worker: str,
        conf: Options,
        told: WorkerOptions,
        hand: Hand,
        settler: Settler,
        permission: Permission,
        stop: Callable[[str], None],
        interrupt: Callable[[Running, type[CancelRequested]], None],
    ) -> None:
        self._worker = worker
        self._conf = conf
        self._told = told
        self._hand = hand
        self._settler = settler
        self._permission = permission
        self._stop = stop
        self._interrupt = interrupt
        self._process = psutil.Process()
        self._renewed = time.monotonic()
        self._next = 0.0
        self._mode = "active"
        self._ended = threading.Event()
        self._soon = threading.Event()
        self._thread = EngineThread(self._run, "heartbeat")

    def start(self) -> None:
        # It was registered a moment ago; before that it may have waited for PostgreSQL for long.
        self._renewed = time.monotonic()
        self._thread.start()

    def finish(self) -> None:
        self._ended.set()
        self._soon.set()
        self._thread.join()

    def hurry(self) -> None:
        """Beat now: something was changed."""
        self._next = 0.0
        self._soon.set()

    @property
    def age(self) -> float:
        """Seconds since the lease was renewed."""
        return time.monotonic() - self._renewed

    @property
    def lease_lost(self) -> bool:
        return self.age > self._conf.lease_ttl

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._beat()
            except (DatabaseError, InterfaceError) as error:
                connection.close()
                logger.warning("no heartbeat, PostgreSQL does not answer: %s", type(error).__name__)
            self._soon.wait(min(_TICK, self._conf.heartbeat_interval))
            self._soon.clear()
        connection.close()

    def _beat(self) -> None:
        self.read_queues()
        self._store_progress()
        if time.monotonic() < self._next:
            return None
        asked = time.monotonic()
        mode = workers.renew(self._worker, self._conf.lease_ttl, self._vitals())
        if mode is None:
            return self._stop("its row is gone or was stopped")
        announce.happened("worker.heartbeat", name=self._worker)
        self._renewed = asked
        self._next = asked + self._conf.heartbeat_interval
        if mode != self._mode:
            logger.info("worker %s is %s now", self._worker, mode)
            self._mode = mode
        self._permission.active = mode == "active"
        for job_id, attempt in lookout.cancel_requests(self._worker):
            run = self._hand.find(job_id)
            if run is not None and run.job.attempt == attempt:
                self._interrupt(run, CancelRequested)
        if mode == "draining" and self._hand.is_empty:
            self._stop("drained")
        return None

    def read_queues(self) -> None:
        """Which queues may be claimed from: those we serve that are open."""
        modes = workers.queue_modes()
        served = self._told.queues or dict.fromkeys(modes, 1)
        self._permission.queues = {
            queue: weight for queue, weight in served.items() if modes.get(queue, "open") == "open"
        }

    def _vitals(self) -> Vitals:
        memory = self._process.memory_info().rss
        if self._told.max_memory and memory > self._told.max_memory:
            self._stop(f"{memory // 1024**2} MiB of memory are more than --max-memory")
        return Vitals(busy=self._hand.busy, memory=memory, settled=self._settler.settled, fenced=self._settler.fenced)

    def _store_progress(self) -> None:
        reports, told = [], News()
        for run in self._hand.running():
            if run.context is not None and run.context.reported is not None:
                fraction, note = run.context.reported
                run.context.reported = None
                reports.append((run.job.id, run.job.attempt, fraction, note))
                told.attempts([("job.progress", run.job, run.job.attempt)])
        if reports:
            workers.progress(reports)
            announce.news(told)
