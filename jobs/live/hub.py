"""The one reader of the feed in this process: a thread, from the first listener to the last."""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Protocol

from jobs.broker import Broker, patient_broker
from jobs.broker.feed import NOWHERE, Entry
from jobs.errors import BrokerUnavailable

logger = logging.getLogger(__name__)
BEAT = 0.25
"""Seconds between two looks while much happens; what comes in between gathers in Redis."""
QUIET = 1.0
"""Seconds that a look waits for the first entry; the first one after silence is heard at once."""
MOST = 2000
PATIENCE = 1.0


class Listener(Protocol):
    """Called in the reader's thread, one call at a time. None of these may wait."""

    def hear(self, entries: Sequence[Entry], position: str) -> bool:
        """What happened since the last call, up to `position`. Whether it wants to be called again within a beat,
        though nothing happens."""
        ...

    def lose(self, position: str) -> None:
        """Something before `position` was not heard, and never will be."""
        ...


class Hub:
    """While `lock` is held, nobody hears anything."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._reader: _Reader | None = None

    @property
    def position(self) -> str:
        """The id of the entry up to which every listener has heard."""
        return self._reader.position if self._reader else NOWHERE

    def join(self, listener: Listener) -> None:
        """From now on it hears everything after `position`."""
        with self.lock:
            if self._reader is None:
                self._reader = _Reader(self.lock)
                self._reader.start()
            self._reader.listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        with self.lock:
            if self._reader is None:
                return
            self._reader.listeners.remove(listener)
            if not self._reader.listeners:
                self._reader.stop()
                self._reader = None

    @property
    def first(self) -> str:
        """The first `position` there was: whoever joined before hears everything after it. NOWHERE while there is
        none."""
        return self._reader.first if self._reader else NOWHERE


class _Reader:
    """One life of the thread."""

    def __init__(self, lock: threading.RLock) -> None:
        self.position = self.first = NOWHERE
        self.listeners: list[Listener] = []
        self._lock = lock
        self._stopping = threading.Event()
        self._eager = False
        self._away = False

    def start(self) -> None:
        threading.Thread(target=self._run, name="live-reader", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        broker = patient_broker()
        while not self._stopping.is_set():
            try:
                self._turn(broker)
            except BrokerUnavailable as error:
                self._say(error)
                self._stopping.wait(PATIENCE)
            except Exception:  # a defect: nobody shall wait for ever for what no thread reads any more
                logger.exception("the feed could not be told")
                self.position = NOWHERE
                self._stopping.wait(PATIENCE)
        broker.close()

    def _turn(self, broker: Broker) -> None:
        if self.position == NOWHERE:
            self._go_on_from(broker.feed.begin())
        self._say(None)
        began = time.monotonic()
        found = broker.feed.read(self.position, BEAT if self._eager else QUIET, MOST)
        if not found.whole:
            self._go_on_from(broker.feed.begin())
            return
        self._tell(found.entries)
        if len(found.entries) < MOST and found.entries:
            self._stopping.wait(max(began + BEAT - time.monotonic(), BEAT / 4))

    def _tell(self, entries: Sequence[Entry]) -> None:
        with self._lock:
            self.position = entries[-1].id if entries else self.position
            eager = [listener.hear(entries, self.position) for listener in self.listeners]
            self._eager = any(eager)

    def _go_on_from(self, position: str) -> None:
        """Whoever listened already may have missed something before it."""
        with self._lock:
            self.position = position
            if self.first == NOWHERE:
                self.first = position
                return
            for listener in self.listeners:
                listener.lose(position)

    def _say(self, error: BrokerUnavailable | None) -> None:
        if error is not None and not self._away:
            logger.warning("streams wait for Redis: %s", error)
        if error is None and self._away:
            logger.info("streams go on")
        self._away = error is not None


hub = Hub()
