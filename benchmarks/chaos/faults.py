"""Does what the schedule says, and writes down when, so that recovery can be measured afterwards."""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil

from benchmarks.chaos.schedule import Fault
from benchmarks.chaos.stage import Process, Stage, freeze, thaw

_TICK = 0.1
Undo = Callable[[], None]


@dataclass(slots=True)
class Struck:
    """A fault that happened: `at` and `back` are Unix times, `back` when the part was there (or answered) again.

    `pid` is that of the worker's child that was killed or frozen.
    """

    sort: str
    at: float
    back: float = 0.0
    pid: int = 0


def nothing() -> None:
    """For what is back by itself."""


class Striker:
    """`run()` plays a schedule to its end; each `_kill_child` and the like returns how to undo it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.struck: list[Struck] = []
        self._verbs: dict[str, Callable[[Fault, Struck], Undo]] = {
            "kill child": self._kill_child,
            "freeze child": self._freeze_child,
            "kill supervisor": self._kill_supervisor,
            "freeze supervisor": self._freeze_supervisor,
            "restart worker": self._restart_worker,
            "kill scheduler": self._kill_scheduler,
            "freeze scheduler": self._freeze_scheduler,
            "kill redis": self._kill_redis,
            "restart redis": self._restart_redis,
            "flush redis": self._flush_redis,
            "freeze redis": self._freeze_redis,
            "kill postgres": self._kill_postgres,
            "crash backend": self._crash_backend,
            "restart postgres": self._restart_postgres,
            "freeze postgres": self._freeze_postgres,
        }

    def run(self, faults: Sequence[Fault], deadline: float) -> None:
        """Until the last fault is undone; none is begun after `deadline` (monotonic).

        A restart takes its time, and a loaded machine too: then the rest of the schedule is put off, so that no fault
        meets a part that is still away.
        """
        began = time.monotonic()
        coming = sorted(faults, key=lambda fault: fault.at, reverse=True)
        undoing: list[tuple[float, Struck, Undo]] = []
        while coming or undoing:
            self._stage.look_after()
            now = time.monotonic()
            if now > deadline:
                coming.clear()
            if due := [one for one in undoing if one[0] <= now]:
                undoing.remove(due[0])
                self._undo(due[0][1], due[0][2])
                began += time.monotonic() - now
            elif coming and began + coming[-1].at <= now:
                fault = coming.pop()
                began = now - fault.at
                undoing.append((now + fault.lasts, *self._strike(fault)))
            else:
                time.sleep(_TICK)

    def _strike(self, fault: Fault) -> tuple[Struck, Undo]:
        struck = Struck(fault.sort, time.time())
        self.struck.append(struck)
        return struck, self._verbs[fault.sort](fault, struck)

    def _undo(self, struck: Struck, undo: Undo) -> None:
        undo()
        struck.back = time.time()

    # -- workers and schedulers ------------------------------------------------------------------------------------

    def _worker(self, fault: Fault) -> Process:
        return self._stage.workers[fault.pick % len(self._stage.workers)]

    def _child(self, fault: Fault) -> psutil.Process | None:
        children = self._worker(fault).children()
        return children[fault.pick // 2 % len(children)] if children else None

    def _kill_child(self, fault: Fault, struck: Struck) -> Undo:
        child = self._child(fault)
        if child is not None:
            struck.pid = child.pid
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        return nothing

    def _freeze_child(self, fault: Fault, struck: Struck) -> Undo:
        child = self._child(fault)
        if child is None:
            return nothing
        struck.pid = child.pid
        with contextlib.suppress(psutil.NoSuchProcess):
            child.suspend()

        def undo() -> None:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.resume()

        return undo

    def _kill_supervisor(self, fault: Fault, struck: Struck) -> Undo:
        worker = self._worker(fault)
        worker.kill()
        return worker.start

    def _freeze_supervisor(self, fault: Fault, struck: Struck) -> Undo:
        popen = self._worker(fault).popen
        psutil.Process(popen.pid).suspend()
        return psutil.Process(popen.pid).resume

    def _restart_worker(self, fault: Fault, struck: Struck) -> Undo:
        """In order: the new one starts while the old one finishes."""
        worker = self._worker(fault)
        worker.popen.terminate()
        self._stage.leaving.append((worker.name, worker.popen))
        worker.start()
        return nothing

    def _kill_scheduler(self, fault: Fault, struck: Struck) -> Undo:
        scheduler = self._stage.schedulers[fault.pick % len(self._stage.schedulers)]
        scheduler.kill()
        return scheduler.start

    def _freeze_scheduler(self, fault: Fault, struck: Struck) -> Undo:
        popen = self._stage.schedulers[fault.pick % len(self._stage.schedulers)].popen
        freeze(popen)
        return lambda: thaw(popen)

    # -- Redis -----------------------------------------------------------------------------------------------------

    def _kill_redis(self, fault: Fault, struck: Struck) -> Undo:
        popen = self._stage.server("redis")
        popen.kill()
        popen.wait()
        return lambda: self._stage.start_server("redis")

    def _restart_redis(self, fault: Fault, struck: Struck) -> Undo:
        self._stage.servers.named("redis").stop()
        return lambda: self._stage.start_server("redis")

    def _flush_redis(self, fault: Fault, struck: Struck) -> Undo:
        self._stage.redis().flushall()
        return nothing

    def _freeze_redis(self, fault: Fault, struck: Struck) -> Undo:
        popen = self._stage.server("redis")
        freeze(popen)
        return lambda: thaw(popen)

    # -- PostgreSQL ------------------------------------------------------------------------------------------------

    def _kill_postgres(self, fault: Fault, struck: Struck) -> Undo:
        popen = self._stage.server("postgres")
        backends = psutil.Process(popen.pid).children()
        popen.kill()
        popen.wait()
        for backend in backends:
            with contextlib.suppress(psutil.NoSuchProcess):
                backend.kill()
        return lambda: self._stage.start_server("postgres")

    def _crash_backend(self, fault: Fault, struck: Struck) -> Undo:
        """One connection's process dies: PostgreSQL ends all others and recovers, by itself."""
        found = psutil.Process(self._stage.server("postgres").pid).children()
        backends = sorted(filter(_serves_somebody, found), key=lambda one: one.pid)
        if backends:
            with contextlib.suppress(psutil.NoSuchProcess):
                backends[fault.pick % len(backends)].kill()
            time.sleep(_TICK)
        return self._stage.await_postgres

    def _restart_postgres(self, fault: Fault, struck: Struck) -> Undo:
        self._stage.servers.named("postgres").stop()
        return lambda: self._stage.start_server("postgres")

    def _freeze_postgres(self, fault: Fault, struck: Struck) -> Undo:
        popen = self._stage.server("postgres")
        freeze(popen)
        return lambda: thaw(popen)


def _serves_somebody(process: psutil.Process) -> bool:
    """Whether it is a backend of a client of PostgreSQL, and still there."""
    try:
        return "[local]" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False
