"""The shape of a duty, and the loop around it: the only `while` of the scheduler."""

import logging
import threading
import time
from typing import Protocol

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from jobs.engine_thread import EngineThread
from jobs.errors import BrokerUnavailable
from jobs.scheduler.figures import Rounds
from jobs.store import duties

logger = logging.getLogger(__name__)


class Duty(Protocol):
    """`name` is shown to operators; `interval` is seconds between two rounds without work."""

    name: str
    interval: float

    def run_once(self) -> int:
        """Do one bounded portion. Returns how many rows were moved; more than 0 asks for the next round at once."""
        ...


class Loop:
    """Runs a duty in a thread of its own for as long as `leading` is set."""

    def __init__(self, duty: Duty, holder: str, leading: threading.Event, stopping: threading.Event) -> None:
        self._duty = duty
        self._holder = holder
        self._leading = leading
        self._stopping = stopping
        self._trouble = ""
        self.rounds = Rounds(duty.name, lambda: duty.interval)
        self._thread = EngineThread(self._run, duty.name)

    def start(self) -> None:
        self._thread.start()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.rounds.turn()
            if not self._leading.wait(0.5):
                continue
            if not self._round():
                self._stopping.wait(self._duty.interval)
        connection.close()

    def _round(self) -> bool:
        """One round; whether there was work."""
        began = time.monotonic()
        count = self._try()
        self.rounds.ran(count or 0, time.monotonic() - began, well=count is not None)
        return bool(count)

    def _try(self) -> int | None:
        """How many rows were moved; None for trouble with a server, which is said once, and tried again."""
        try:
            count, trouble = self._portion()
            self._say(trouble)
            duties.note(self._duty.name, self._holder, count, trouble, self._duty.interval)
            return None if trouble else count
        except (OperationalError, InterfaceError) as error:
            connection.close()
            self._say(f"PostgreSQL: {type(error).__name__}")
        except DatabaseError:
            connection.close()
            logger.exception("%s: PostgreSQL refuses its statement", self._duty.name)
        return None

    def _portion(self) -> tuple[int, str]:
        """How many rows were moved, and what is wrong with Redis."""
        try:
            return self._duty.run_once(), ""
        except BrokerUnavailable as error:
            return 0, f"Redis: {error}"

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            logger.warning("%s waits for %s", self._duty.name, trouble)
        if not trouble and self._trouble:
            logger.info("%s goes on", self._duty.name)
        self._trouble = trouble
