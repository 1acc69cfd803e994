"""The jobs in this child's hands: what waits in the local line, what runs, and how many slots that takes."""

import threading
import time
from asyncio import Task
from math import inf
from typing import Any
from uuid import UUID

from jobs.context import Context
from jobs.outcomes import Interrupted
from jobs.registry import Definition
from jobs.settlement import Settlement
from jobs.store.start import Started


class Running:
    """One started attempt, from the claim to its settlement."""

    __slots__ = (
        "asked_at",
        "began",
        "claim",
        "context",
        "cost",
        "definition",
        "given_up",
        "interrupt",
        "job",
        "slot",
        "task",
    )

    def __init__(self, job: Started, definition: Definition, claim: int, cost: float) -> None:
        self.job = job
        self.claim = claim
        self.definition = definition
        self.cost = cost
        self.began = 0.0
        self.context: Context | None = None
        self.slot: Any = None
        self.task: Task[None] | None = None
        self.interrupt: type[Interrupted] | None = None
        """Why it was asked to stop, at `asked_at` (monotonic)."""
        self.asked_at = 0.0
        self.given_up = False
        """It would not stop; its end was written without it."""

    def settlement(self) -> Settlement:
        """A blank to be filled by `jobs.verdict`."""
        ended = time.monotonic()
        return Settlement(
            id=self.job.id,
            queue=self.job.queue,
            type=self.job.type,
            tenant_id=self.job.tenant_id,
            owner_id=self.job.owner_id,
            number=self.job.attempt,
            claim=self.claim,
            outcome="",
            state="",
            ended=ended,
            took=ended - self.began if self.began else 0.0,
            waited=self.job.waited,
        )


class Hand:
    """All `Running` of a child. Thread-safe; `slots` is what may run at the same time, `most` what may ever be taken.

    Attempts are told apart by themselves, not by their job: one that was given back, or lost with a lease, may still
    be in a performer's line when the next attempt of the same job comes here. `changed` is set whenever an attempt
    has ended.
    """

    def __init__(self, slots: int, changed: threading.Event, most: float = inf) -> None:
        self.slots = slots
        self.last_begin = time.monotonic()
        self.changed = changed
        self.left = most
        """How many may still be taken."""
        self._waiting: dict[Running, bool] = {}
        self._running: dict[Running, bool] = {}
        self._load = 0.0
        self._lock = threading.Lock()

    def take(self, runs: list[Running]) -> None:
        """Put started attempts into the local line."""
        with self._lock:
            self.left -= len(runs)
            if not self._waiting:
                # The line was empty: nothing has been kept waiting since the last begin.
                self.last_begin = time.monotonic()
            for run in runs:
                self._waiting[run] = True
                self._load += run.cost

    def begin(self, run: Running) -> bool:
        """The attempt's turn has come; False when it was given back meanwhile."""
        if not self._waiting.pop(run, False):
            return False
        run.began = self.last_begin = time.monotonic()
        self._running[run] = True
        return True

    def finish(self, run: Running) -> None:
        with self._lock:
            self._load -= run.cost
            self._running.pop(run, None)
        if not self.changed.is_set():
            self.changed.set()

    def give_back(self) -> list[Running]:
        """Take everything that has not begun out of the line."""
        with self._lock:
            given = []
            for run in list(self._waiting):
                if self._waiting.pop(run, False):
                    self._load -= run.cost
                    given.append(run)
        return given

    def outgrown(self, seconds: float) -> list[Running]:
        """Attempts that run for longer than that: from now on each takes up a whole slot."""
        with self._lock:
            now = time.monotonic()
            found = [run for run in list(self._running) if now - run.began > seconds]
            for run in found:
                self._load += 1.0 - run.cost
                run.cost = 1.0
        return found

    @property
    def budget(self) -> float:
        """Slots that are free, a cheap job counting as the share of a slot that it takes up."""
        return self.slots - max(self._load, 0.0)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def busy(self) -> int:
        return len(self._running)

    @property
    def is_empty(self) -> bool:
        return not self._waiting and not self._running

    def running(self) -> list[Running]:
        return list(self._running)

    def find(self, job_id: UUID) -> Running | None:
        """The latest attempt of a job that is here."""
        here = [run for run in (*self._running.copy(), *self._waiting.copy()) if run.job.id == job_id]
        return max(here, key=lambda run: run.job.attempt, default=None)

    def waiting_since_begin(self, now: float) -> float:
        """Seconds for which something waits and nothing has begun: a neighbour turned out long.

        None where no neighbour stands in the way: then it begins as soon as the processor comes to it.
        """
        return now - self.last_begin if self._waiting and self._may_be_stuck() else 0.0

    def _may_be_stuck(self) -> bool:
        """All slots are taken, or a task may hold the loop up."""
        return self.busy >= self.slots or any(run.definition.is_async for run in self.running())
