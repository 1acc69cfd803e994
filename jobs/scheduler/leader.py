"""One scheduler leads; the others stand by and take over when its lease in PostgreSQL runs out."""

import logging
import threading
import time

from django.db import DatabaseError, InterfaceError, connection

from jobs.engine_thread import EngineThread
from jobs.scheduler.figures import Rounds
from jobs.services import announce
from jobs.store import duties

logger = logging.getLogger(__name__)


class Leader:
    """Keeps `leading` set while this process holds the lease; clears it in time when renewing fails.

    `steady_since` (monotonic) tells since when PostgreSQL has answered without a gap, leading or not.
    """

    def __init__(self, holder: str, ttl: float, leading: threading.Event, stopping: threading.Event) -> None:
        self._holder = holder
        self._ttl = ttl
        self._leading = leading
        self._stopping = stopping
        self._until = 0.0
        self.steady_since: float | None = None
        self.rounds = Rounds("leader", lambda: ttl / 6)
        self._thread = EngineThread(self._run, "leader")

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        self._thread.join()

    def steady(self) -> float:
        """Seconds for which PostgreSQL has answered every question of ours."""
        since = self.steady_since
        return 0.0 if since is None else time.monotonic() - since

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.rounds.turn()
            self._renew()
            self._stopping.wait(self._ttl / 6)
        if self._leading.is_set():
            self._leading.clear()
            self._resign()
        connection.close()

    def _renew(self) -> None:
        asked = time.monotonic()
        try:
            held = duties.lead(self._holder, self._ttl)
            answered = time.monotonic()
            if self.steady_since is None or answered - asked > self._ttl / 3:
                # An answer that came so late was a gap: in it, no worker could renew its lease either.
                self.steady_since = answered
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            self.steady_since = None
            logger.warning("cannot renew the leader's lease: %s", type(error).__name__)
            # The lease may still be ours; it is certainly not once its time is over.
            held = asked < self._until - self._ttl / 3
        else:
            self._until = asked + self._ttl if held else 0.0
        self._turn(held)

    def _turn(self, held: bool) -> None:
        if held and not self._leading.is_set():
            logger.info("%s leads", self._holder)
            self._leading.set()
            announce.happened("scheduler.leader_acquired", name=self._holder)
        elif not held and self._leading.is_set():
            logger.warning("%s leads no more", self._holder)
            self._leading.clear()
            announce.happened("scheduler.leader_lost", name=self._holder)

    def _resign(self) -> None:
        try:
            duties.resign(self._holder)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("could not resign: %s", type(error).__name__)
