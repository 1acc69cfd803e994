"""The scheduler process: leader and duties, until told to stop."""

import logging
import os
import secrets
import socket
import threading

from jobs import engine_thread, stop_signals
from jobs.broker import patient_broker
from jobs.conf import Options
from jobs.scheduler.bulk import Bulk
from jobs.scheduler.duty import Duty, Loop
from jobs.scheduler.figures import Report
from jobs.scheduler.leader import Leader
from jobs.scheduler.pauses import Pauses
from jobs.scheduler.promoter import Expirer, Promoter, Sweeper
from jobs.scheduler.pruner import Pruner
from jobs.scheduler.reaper import Reaper
from jobs.scheduler.reconciler import Rebuilder, Reconciler
from jobs.scheduler.spans import Spans
from jobs.scheduler.statistics import Depths, Statistics

logger = logging.getLogger(__name__)
_STALLED = 15.0
"""Seconds: longer than it takes to find that PostgreSQL cannot be connected to."""


class SchedulerProcess:
    def __init__(self, conf: Options) -> None:
        self.id = f"{conf.scheduler_id or socket.gethostname()}-{os.getpid()}-{secrets.token_hex(6)}"
        self._exit_code = 0
        self._stopping = threading.Event()
        self._leading = threading.Event()
        self._leader = Leader(self.id, conf.leadership_ttl, self._leading, self._stopping)
        self._loops = [Loop(duty, self.id, self._leading, self._stopping) for duty in self._duties(conf)]
        self.report = Report(
            leader=self._leader.rounds,
            patience=max(conf.leadership_ttl, _STALLED),
            duties=[loop.rounds for loop in self._loops],
            is_leading=self._leading.is_set,
            is_stopping=self._stopping.is_set,
        )

    def _duties(self, conf: Options) -> list[Duty]:
        return [
            Promoter(conf.scheduler_interval),
            Expirer(1.0),
            Sweeper(conf.reconcile_interval),
            Reaper(conf, self._leader.steady),
            Reconciler(conf, patient_broker()),
            Rebuilder(patient_broker()),
            Pauses(),
            Bulk(),
            Pruner(conf),
            Statistics(patient_broker()),
            Depths(),
            Spans(),
        ]

    def run(self) -> int:
        """Until SIGTERM or SIGINT. Returns the exit code: 1 when a defect ended it, so that it is started anew."""
        stop_signals.listen(lambda number: self._stopping.set())
        engine_thread.on_crash(self._on_crash)
        logger.info("scheduler %s stands by", self.id)
        self._leader.start()
        for loop in self._loops:
            loop.start()
        self._stopping.wait()
        for loop in self._loops:
            loop.join(10.0)
        self._leader.finish()
        logger.info("scheduler %s ended", self.id)
        stop_signals.ignore()
        return self._exit_code

    def _on_crash(self, crash: threading.ExceptHookArgs) -> None:
        """A duty died of a defect: a scheduler that silently lacks one is worse than none."""
        if crash.exc_value is not None:
            logger.critical("duty %s died", crash.thread and crash.thread.name, exc_info=crash.exc_value)
        self._exit_code = 1
        self._stopping.set()
