"""Watches what runs: a lost lease, time-outs, handlers that will not stop, and a line that does not move. No I/O."""

import logging
import threading
import time
from collections.abc import Callable

from jobs import outcomes
from jobs.conf import Options
from jobs.engine_thread import EngineThread
from jobs.worker.hand import Hand, Running

logger = logging.getLogger(__name__)
_TICK = 0.05


class Watch:
    """A thread that looks twenty times a second.

    Args:
        lease_lost: whether this process may run nothing any more. Asked here, for every thread that talks to
            PostgreSQL may be waiting for it.
        stop_all: gives back what has not begun, stops the rest, and ends this process in order.
        interrupt: asks an attempt to stop, by an exception in its thread or task.
        unstick: releases attempts that have not begun, for others hold them up.
        give_up: writes the end of an attempt that will not stop, and ends this process.
        alive: called each time, so that the supervisor sees this process breathe.
    """

    def __init__(
        self,
        conf: Options,
        hand: Hand,
        lease_lost: Callable[[], bool],
        stop_all: Callable[[], None],
        interrupt: Callable[[Running, type[outcomes.Interrupted]], None],
        unstick: Callable[[], None],
        give_up: Callable[[Running], None],
        alive: Callable[[], None],
    ) -> None:
        self._conf = conf
        self._hand = hand
        self._lease_lost = lease_lost
        self._stop_all = stop_all
        self._interrupt = interrupt
        self._unstick = unstick
        self._give_up = give_up
        self._alive = alive
        self._ended = threading.Event()
        self._thread = EngineThread(self._run, "watch")

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_TICK):
            now = time.monotonic()
            self._alive()
            if self._lease_lost():
                self._stop_all()
            for run in self._hand.running():
                self._look(run, now)
            if self._hand.waiting_since_begin(now) > 2 * self._conf.horizon:
                self._unstick()

    def _look(self, run: Running, now: float) -> None:
        if run.interrupt is not None:
            if not run.given_up and now - run.asked_at > self._conf.interrupt_grace:
                self._give_up(run)
        elif run.began and now - run.began > run.job.timeout:
            self._interrupt(run, outcomes.TimedOut)
