"""Threads that listen to Redis: one per queue for new work, one for what is said to this worker."""

import logging
import threading
from collections.abc import Callable, Iterable

from jobs.broker import Broker, patient_broker
from jobs.engine_thread import EngineThread
from jobs.errors import BrokerUnavailable
from jobs.worker.after_you import after_you

logger = logging.getLogger(__name__)
_LONGEST = 2.0
"""Seconds of one wait: the connection gives up an answer that takes 5."""


_MOST = 64


class Waker:
    """Sets `work` when something is pushed to one of the queues it knows."""

    def __init__(self, work: threading.Event, stopping: threading.Event, poll_interval: float) -> None:
        self._work = work
        self._stopping = stopping
        self._poll = poll_interval
        self._threads: dict[str, threading.Thread] = {}

    def listen_to(self, queues: Iterable[str]) -> None:
        """Start a listener for each queue that has none, up to a number of them. Anybody who may submit can name a new
        queue: what comes to further ones is found when the worker looks by itself."""
        for queue in queues:
            if queue not in self._threads and len(self._threads) < _MOST:
                thread = EngineThread(self._wait, f"waker-{queue}", queue)
                self._threads[queue] = thread
                thread.start()

    def _wait(self, queue: str) -> None:
        broker = patient_broker()
        while not self._stopping.is_set():
            try:
                if broker.wait(queue, min(self._poll * 4, _LONGEST)):
                    self._work.set()
                    after_you()
            except BrokerUnavailable:
                self._stopping.wait(self._poll)
        broker.close()


class Signals:
    """Hands messages for this worker to `hear`, and asks again after Redis was away."""

    def __init__(self, worker: str, hear: Callable[[str], None], stopping: threading.Event) -> None:
        self._worker = worker
        self._hear = hear
        self._stopping = stopping
        self._thread = EngineThread(self._run, "signals")

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            broker = patient_broker()
            try:
                self._listen(broker)
            except BrokerUnavailable:
                self._stopping.wait(1.0)
            finally:
                broker.close()

    def _listen(self, broker: Broker) -> None:
        for message in broker.listen(self._worker, 1.0):
            if self._stopping.is_set():
                return
            if message:
                self._hear(message)
