"""Where handlers run: threads for sync ones, one event loop for async ones."""

import asyncio
import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import copy_context
from queue import SimpleQueue

import pydantic
from django.db import connections

from jobs import context, outcomes
from jobs.engine_thread import EngineThread
from jobs.settlement import Settlement
from jobs.worker import frames
from jobs.worker.execution import Execution
from jobs.worker.hand import Hand, Running
from jobs.worker.interrupts import Slot
from jobs.worker.tidying import LoopConnections, tidy

Report = Callable[[Running, Settlement], None]


class ThreadPerformer:
    """Up to `hand.slots` threads that take attempts from one line, made as they are needed."""

    def __init__(self, hand: Hand, execution: Execution, report: Report) -> None:
        self._hand = hand
        self._execution = execution
        self._report = report
        self._line: SimpleQueue[Running | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._pid = os.getpid()

    def put(self, runs: list[Running]) -> None:
        for run in runs:
            self._line.put(run)
        wanted = min(self._hand.slots, self._hand.busy + self._hand.waiting)
        while len(self._threads) < wanted:
            thread = EngineThread(self._work, f"handler-{len(self._threads)}")
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Let the threads end when the line is empty."""
        for _ in self._threads:
            self._line.put(None)

    def _work(self) -> None:
        slot = Slot()
        mine = connections.all()  # this thread's: objects that do not connect before they are used
        while (run := self._line.get()) is not None:
            if not self._hand.begin(run):
                continue
            settlement = self._attempt(slot, run)
            _end_copy(self._pid)
            tidy(mine)
            self._hand.finish(run)
            if not run.given_up:
                self._report(run, settlement)
        connections.close_all()

    def _attempt(self, slot: Slot, run: Running) -> Settlement:
        """Call the handler, and keep what it returned. An interrupt may strike on any line between arm and disarm, also
        when the end is written down: then that stands."""
        try:
            positional, named = self._execution.arguments(run)
        except pydantic.ValidationError as error:
            return self._execution.unfit(run, error)
        except Exception as error:  # of a validator of theirs
            return self._execution.raised(run, error)
        context.current.set(run.context)
        done: list[Settlement] = []
        # No name of this frame, which its traceback knows: in such a circle all that the handler had would outlive it.
        failed: list[BaseException] = []
        try:
            try:
                slot.arm(run)
                # In a context of its own, as a task: what it activates (a language, a time zone) ends with it.
                value = copy_context().run(run.definition.function, *positional, **named)
                done.append(self._execution.returned(run, value))
            finally:
                slot.disarm()
        except BaseException as error:  # noqa: B036 - whatever a handler raises, SystemExit too, is its outcome
            slot.disarm()
            failed.append(error)
        context.current.set(None)
        if done:
            return done[0]
        return self._execution.raised(run, failed.pop() if failed else outcomes.LeaseLost())


class LoopPerformer:
    """One event loop in a thread of its own; a task for each attempt, and no more of them at a time than slots."""

    def __init__(self, hand: Hand, execution: Execution, report: Report) -> None:
        self._hand = hand
        self._execution = execution
        self._report = report
        self._loop = asyncio.new_event_loop()
        self._thread = EngineThread(self._run, "event-loop")
        self._line: deque[Running] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections = LoopConnections()
        self._pid = os.getpid()
        self._stopping = False

    def put(self, runs: list[Running]) -> None:
        if self._thread.ident is None:
            self._thread.start()
        self._loop.call_soon_threadsafe(self._launch, runs)

    def stop(self) -> None:
        self._stopping = True
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)

    def interrupt(self, run: Running, reason: type[outcomes.Interrupted]) -> bool:
        """Cancel the attempt's task; False when it was asked to stop before, or has not begun."""
        if run.interrupt is not None or run.task is None:
            return False
        run.interrupt = reason
        with contextlib.suppress(RuntimeError):  # the loop has just been closed: nothing runs on it any more
            self._loop.call_soon_threadsafe(run.task.cancel)
        return True

    def stack(self, run: Running) -> list[frames.Place]:
        """Where the attempt's task stands: in a step of its own (it blocks the loop then), or awaiting something."""
        task, thread = run.task, self._thread.ident
        if task is None or thread is None:
            return []
        if self._is_at_work(task):
            found = frames.of_thread(thread)
            if self._is_at_work(task):
                return found
        return frames.of_task(task)

    def _is_at_work(self, task: "asyncio.Task[None]") -> bool:
        return asyncio.current_task(self._loop) is task

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        while not self._stopping:  # a handler may stop it: its neighbours go on
            self._loop.run_forever()

    def _launch(self, runs: Sequence[Running] = ()) -> None:
        self._line += runs
        while self._line and len(self._tasks) < self._hand.slots:
            run = self._line.popleft()
            if self._hand.begin(run):
                run.task = self._loop.create_task(self._attempt(run))
                self._tasks.add(run.task)
                run.task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._launch()

    async def _attempt(self, run: Running) -> None:
        settlement = await self._settlement(run)
        _end_copy(self._pid)
        self._connections.tidy_soon()
        self._hand.finish(run)
        if not run.given_up:
            self._report(run, settlement)

    async def _settlement(self, run: Running) -> Settlement:
        try:
            positional, named = self._execution.arguments(run)
            if run.job.has_dependencies and run.definition.takes_context and run.context:
                # The results are read now and in a thread: later the handler could only block the loop for them.
                await asyncio.to_thread(_read_dependencies, run.context)
            context.current.set(run.context)
            return await self._execution.returned_here(run, await run.definition.function(*positional, **named))
        except pydantic.ValidationError as error:
            if run.context is None:
                return self._execution.unfit(run, error)
            return self._execution.raised(run, error)
        except BaseException as error:  # noqa: B036 - as in ThreadPerformer
            return self._execution.raised(run, error)


def _end_copy(pid: int) -> None:
    """A handler forked and its copy came back here: only the original may report."""
    if os.getpid() != pid:
        os._exit(0)


def _read_dependencies(found: context.Context) -> None:
    try:
        _ = found.dependencies
    finally:
        connections.close_all()
