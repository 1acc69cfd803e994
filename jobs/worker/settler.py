"""Gathers outcomes for a few milliseconds and writes them in batches. Nothing is dropped while PostgreSQL is away."""

import logging
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, connection

from jobs import context
from jobs.broker import Broker
from jobs.conf import Options
from jobs.engine_thread import EngineThread
from jobs.errors import BrokerUnavailable
from jobs.horizon import Speeds
from jobs.settlement import Settlement
from jobs.store.settle import Settled, settle

logger = logging.getLogger(__name__)
_LONGEST_PAUSE = 1.0


class Settler:
    """A thread that settles what is put into it.

    Args:
        unstorable: makes of a settlement that PostgreSQL refuses one that it takes.
    """

    def __init__(
        self,
        worker: str,
        conf: Options,
        broker: Broker,
        speeds: Speeds,
        unstorable: Callable[[Settlement, str], Settlement],
    ) -> None:
        self._worker = worker
        self._conf = conf
        self._broker = broker
        self._speeds = speeds
        self._unstorable = unstorable
        self._outcomes: SimpleQueue[Settlement | None] = SimpleQueue()
        self._in_hand = 0
        self._give_up = threading.Event()
        self._thread = EngineThread(self._run, "settler")
        self.settled = 0
        self.fenced = 0

    def start(self) -> None:
        self._thread.start()

    def put(self, settlement: Settlement) -> None:
        self._outcomes.put(settlement)

    @property
    def backlog(self) -> int:
        """Outcomes that are not on disk yet."""
        return self._outcomes.qsize() + self._in_hand

    def finish(self, seconds: float | None) -> bool:
        """Write everything and end; False when something is left that could not be written, or not within `seconds`."""
        self._outcomes.put(None)
        self._thread.join(seconds)
        if not self._thread.is_alive():
            return not self.backlog  # it may have died of a defect
        self._give_up.set()
        self._thread.join(_LONGEST_PAUSE * 2)
        return False

    def _run(self) -> None:
        open_ = True
        while open_:
            batch, open_ = self._gather()
            self._in_hand = len(batch)
            if batch:
                self._write(batch)
                for settlement in batch:
                    if settlement.took:
                        self._speeds.observe(settlement.type, settlement.took)
            self._in_hand = 0
        connection.close()

    def _gather(self) -> tuple[list[Settlement], bool]:
        """The next batch, and whether more will come."""
        batch: list[Settlement] = []
        deadline = 0.0
        while len(batch) < self._conf.settle_batch:
            try:
                found = self._outcomes.get(timeout=max(deadline - time.monotonic(), 0) if batch else None)
            except Empty:
                break
            if found is None:
                return batch, False
            batch.append(found)
            deadline = deadline or time.monotonic() + self._conf.settle_interval
        return batch, True

    def _write(self, batch: list[Settlement]) -> None:
        """Settle `batch`, whatever it takes: waits for PostgreSQL, and halves a batch that it refuses."""
        pause = 0.05
        while not self._give_up.is_set():
            try:
                self._note(settle(self._worker, self._conf.service_version, batch), batch)
                break
            except (DataError, IntegrityError) as error:
                self._divide(batch, error)
                break
            except (DatabaseError, InterfaceError) as error:
                connection.close()
                logger.warning("PostgreSQL does not answer, %d outcomes wait: %s", len(batch), type(error).__name__)
                self._give_up.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _divide(self, batch: list[Settlement], error: DatabaseError) -> None:
        if len(batch) > 1:
            middle = len(batch) // 2
            self._write(batch[:middle])
            self._write(batch[middle:])
            return
        name = type(error).__name__
        logger.error("PostgreSQL refuses the outcome of job %s: %s", batch[0].id, name, extra=_about(batch[0]))
        self._write([self._unstorable(batch[0], f"its outcome cannot be stored ({name})")])

    def _note(self, settled: Settled, batch: list[Settlement]) -> None:
        self.settled += settled.moved + len(settled.repeated)
        self.fenced += len(settled.fenced)
        for one in batch if settled.late else ():
            if (one.id, one.number) in settled.late:
                text = "fenced: job %s is in other hands, this late result is not written"
                logger.warning(text, one.id, extra=_about(one))
        try:
            self._broker.push(settled.ready, tally=settled.tally(batch), news=settled.news(batch))
            self._broker.remove(settled.cancelled)
        except BrokerUnavailable as error:
            logger.warning("not told to Redis now, the reconciler will: %s", error)


def _about(one: Settlement) -> dict[str, Any]:
    return context.naming(one.id, one.number, one.queue, one.type)
