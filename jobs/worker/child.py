"""One worker process: puts the parts together, claims until told to stop, and ends in order."""

import gc
import logging
import os
import secrets
import signal
import socket
import threading
import time
from math import inf
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection, connections

from jobs import context, engine_thread, outcomes, stop_signals
from jobs.broker import patient_broker
from jobs.conf import Options
from jobs.engine_thread import EngineThread
from jobs.horizon import Speeds
from jobs.registry import Registry
from jobs.services import announce
from jobs.settlement import Settlement
from jobs.store import workers
from jobs.worker.after_you import after_you
from jobs.worker.claimer import Claimer
from jobs.worker.ears import Signals, Waker
from jobs.worker.execution import Execution
from jobs.worker.frames import Place
from jobs.worker.hand import Hand, Running
from jobs.worker.heartbeat import Heartbeat
from jobs.worker.options import WorkerOptions
from jobs.worker.performers import LoopPerformer, ThreadPerformer
from jobs.worker.pulse import Pulse, encode
from jobs.worker.settler import Settler
from jobs.worker.stacks import Stacks
from jobs.worker.tether import Tether
from jobs.worker.watch import Watch

logger = logging.getLogger(__name__)
FINISHED, RECYCLE = 0, 75
"""Exit codes: ended as told; end and start me anew."""
_LAST_WORD = 1.0
_LEAVE = 5.0
"""Seconds for what others have registered to be done when Python ends."""
_SAME_SIGNAL = 2.0
_NEW_OBJECTS = 10_000
"""After so many Python looks for garbage in cycles. At its own 700 it does so twice for each batch of jobs in hand,
finds nothing, and takes a tenth of a busy worker's time."""


class Child:
    """Run with `run()`; ask it to end with `stop(reason)` from any thread."""

    def __init__(self, conf: Options, told: WorkerOptions, registry: Registry, tether: Tether) -> None:
        self.id = f"{conf.worker_id or socket.gethostname()}-{os.getpid()}-{secrets.token_hex(6)}"
        self._conf = conf
        self._told = told
        self._types = [name for name in registry.names() if not told.types or registry.get(name).type in told.types]
        self._tether = tether
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._changed = threading.Event()
        self._exit_code = FINISHED
        self._told_at = 0.0
        self._give_up_on: list[UUID] = []
        self._broker = patient_broker()
        self._speeds = Speeds()
        self._hand = Hand(told.concurrency, self._changed, told.max_jobs or inf)
        self._execution = Execution(conf)
        self._settler = Settler(self.id, conf, self._broker, self._speeds, self._execution.unstorable)
        self._threads = ThreadPerformer(self._hand, self._execution, self._report)
        self._loop = LoopPerformer(self._hand, self._execution, self._report)
        self._claimer = Claimer(
            self.id,
            self._types,
            conf,
            self._broker,
            registry,
            self._hand,
            self._speeds,
            self._perform,
            self._stopping,
        )
        self._heartbeat = Heartbeat(
            self.id,
            conf,
            told,
            self._hand,
            self._settler,
            self._claimer.permission,
            self.recycle,
            self._interrupt,
        )
        self._watch = Watch(
            conf,
            self._hand,
            lambda: self._heartbeat.lease_lost,
            self._stop_all,
            self._interrupt,
            self._unstick,
            self._give_up,
            self._breathe,
        )
        self._waker = Waker(self._changed, self._stopping, conf.poll_interval)
        self._signals = Signals(self.id, self._hear, self._stopping)
        self._stacks = Stacks(self._hand, self._broker, self._look)

    # -- life ------------------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Work until stopped. Returns the exit code."""
        context.process["worker"] = self.id
        stop_signals.listen(self._on_signal)
        engine_thread.on_crash(self._on_crash)
        _keep_connections()
        gc.set_threshold(_NEW_OBJECTS)
        # While its lease holds, it may still write what it has.
        patience = self._told.grace + max(self._conf.orphan_patience, self._conf.lease_ttl)
        self._tether.on_cut(lambda: self.stop("its supervisor is gone"), patience)
        if not self._register():
            return self._exit_code
        announce.happened("worker.started", name=self.id)
        self._settler.start()
        self._heartbeat.start()
        self._watch.start()
        self._signals.start()
        logger.info("worker %s: %d slots, %d types", self.id, self._hand.slots, len(self._types))
        while not self._stopping.is_set():
            self._turn()
        return self._end()

    def stop(self, reason: str) -> None:
        """End in order: claim nothing more, finish within the grace, release the rest."""
        if not self._stopping.is_set():
            logger.info("worker %s ends: %s", self.id, reason)
            self._stopping.set()
            self._changed.set()

    def recycle(self, reason: str) -> None:
        """End in order and be started anew (unless it was drained: then its work is over)."""
        if not self._stopping.is_set() and reason != "drained":
            self._exit_code = RECYCLE
        self.stop(reason)

    def _on_signal(self, number: signal.Signals) -> None:
        # One told to a whole process group comes twice: from outside, and again from the supervisor.
        if self._stopping.is_set() and time.monotonic() - self._told_at > _SAME_SIGNAL:
            self._hurry.set()
        self._told_at = time.monotonic()
        self._exit_code = FINISHED
        self.stop(number.name)

    def _on_crash(self, crash: threading.ExceptHookArgs) -> None:
        """A part of this process died of a defect: what is left of it cannot be trusted with jobs."""
        if crash.exc_value is not None:
            logger.critical("thread %s died", crash.thread and crash.thread.name, exc_info=crash.exc_value)
        self._hurry.set()
        self.recycle("one of its threads died")

    def _register(self) -> bool:
        while not self._stopping.is_set():
            try:
                workers.register(
                    id=self.id,
                    host=socket.gethostname(),
                    pid=os.getpid(),
                    release=self._conf.service_version,
                    queues=list(self._told.queues),
                    types=self._types,
                    slots=self._told.concurrency,
                    lease=self._conf.lease_ttl,
                )
                self._heartbeat.read_queues()
                return True
            except (DatabaseError, InterfaceError) as error:
                connection.close()
                logger.warning("waiting for PostgreSQL: %s", type(error).__name__)
                self._tether.breathe()
                self._stopping.wait(0.5)
        return False

    def _turn(self) -> None:
        """Claim once; with nothing to claim, sleep until something is pushed, a slot is free, or it is time to poll."""
        self._claimer.moved()
        self._waker.listen_to(self._claimer.permission.queues)
        self._changed.clear()
        if self._settler.backlog >= self._conf.max_unsettled:
            self._stopping.wait(0.01)
        elif self._hand.left <= 0 and not self._hand.waiting:
            self.recycle(f"{self._told.max_jobs} jobs taken")
        elif self._claimer.turn():
            pass
        elif self._told.burst and self._is_done():
            self.stop("nothing is ready")
        else:
            self._changed.wait(self._conf.poll_interval)

    def _breathe(self) -> None:
        now = time.monotonic()
        pulse = Pulse(
            turned=now - self._claimer.moved_at,
            beat=self._heartbeat.age,
            slots=self._hand.slots,
            busy=self._hand.busy,
            waiting=self._hand.waiting,
            settled=self._settler.settled,
            fenced=self._settler.fenced,
            unsettled=self._settler.backlog,
        )
        self._tether.breathe(encode(pulse))

    def _is_done(self) -> bool:
        return self._claimer.all_asked and self._hand.is_empty and not self._settler.backlog

    # -- attempts --------------------------------------------------------------------------------------------------

    def _perform(self, runs: list[Running]) -> None:
        sync = [run for run in runs if not run.definition.is_async]
        if sync:
            self._threads.put(sync)
        if len(sync) < len(runs):
            self._loop.put([run for run in runs if run.definition.is_async])
        if not self._hand.busy:
            after_you()

    def _report(self, run: Running, settlement: Settlement) -> None:
        self._settler.put(settlement)

    def _interrupt(self, run: Running, reason: type[outcomes.Interrupted]) -> None:
        if run.interrupt is not None:
            return
        if run.context is not None:
            run.context.cancelled = True
        run.asked_at = time.monotonic()
        if run.definition.is_async:
            self._loop.interrupt(run, reason)
        elif run.slot is not None:
            run.slot.interrupt(run, reason)

    def _give_back(self) -> None:
        for run in self._hand.give_back():
            self._settler.put(self._execution.interrupted(run, outcomes.LeaseLost))

    def _unstick(self) -> None:
        """Those that hold up the line turned out longer than others of their type: hand on the line, and claim no more
        than what is left of the slots. Else it would be claimed and handed on again until the first of them ends."""
        for run in self._hand.outgrown(self._conf.horizon):
            self._speeds.observe(run.job.type, time.monotonic() - run.began)
        self._give_back()

    def _stop_all(self) -> None:
        """The lease is lost: others may run what is in hand here, so stop it, whatever else waits for PostgreSQL."""
        self.recycle("its lease could not be renewed")
        self._give_back()
        for run in self._hand.running():
            self._interrupt(run, outcomes.LeaseLost)

    def _give_up(self, run: Running) -> None:
        """It would not stop. Write its end without it, and end this process: a thread cannot be killed."""
        run.given_up = True
        self._settler.put(self._execution.interrupted(run, run.interrupt or outcomes.LeaseLost))
        job, patience = run.job, self._conf.interrupt_grace
        about = context.naming(job.id, job.attempt, job.queue, job.type)
        logger.warning("job %s (%s) would not stop within %g s", job.id, job.type, patience, extra=about)
        self._give_up_on.append(run.job.id)
        self._hurry.set()
        self.recycle("a handler would not stop")

    def _look(self, run: Running) -> list[Place]:
        if run.definition.is_async:
            return self._loop.stack(run)
        return run.slot.stack(run) if run.slot is not None else []

    def _hear(self, message: str) -> None:
        verb, _, rest = message.partition(" ")
        if verb == "stack":
            return self._stacks.hear(rest)
        if verb == "cancel":
            run = self._hand.find(UUID(rest))
            if run is not None:
                self._interrupt(run, outcomes.CancelRequested)
        return self._heartbeat.hurry()

    # -- the end ---------------------------------------------------------------------------------------------------

    def _end(self) -> int:
        self._give_back()
        self._await_empty(self._told.grace)
        unwilling = self._release_running()
        seconds = None if self._heartbeat.lease_lost and not self._hurry.is_set() else self._told.grace + 5.0
        written = self._settler.finish(seconds)
        self._heartbeat.finish()
        self._watch.finish()
        if written:
            self._say_goodbye()
        logger.info("worker %s ended: %d settled, %d fenced", self.id, self._settler.settled, self._settler.fenced)
        if unwilling:
            # Their threads still run; nothing but the end of the process stops them.
            logging.shutdown()
            os._exit(self._exit_code)
        self._threads.stop()
        self._loop.stop()
        connections.close_all()
        stop_signals.ignore()
        EngineThread(_leave, "leave", self._exit_code).start()
        return self._exit_code

    def _await_empty(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._only_given_up() and not self._hurry.is_set() and time.monotonic() < deadline:
            if self._heartbeat.lease_lost:
                return
            self._claimer.moved()
            self._changed.wait(0.05)
            self._changed.clear()

    def _release_running(self) -> bool:
        """Stop what still runs and release it. Returns whether something would not stop."""
        for run in self._hand.running():
            self._interrupt(run, outcomes.LeaseLost)
        deadline = time.monotonic() + _LAST_WORD
        while not self._only_given_up() and time.monotonic() < deadline:
            self._changed.wait(0.05)
            self._changed.clear()
        for run in self._hand.running():
            if not run.given_up:
                run.given_up = True
                self._settler.put(self._execution.interrupted(run, outcomes.LeaseLost))
        return not self._hand.is_empty

    def _only_given_up(self) -> bool:
        return all(run.given_up for run in self._hand.running()) and not self._hand.waiting

    def _say_goodbye(self) -> None:
        try:
            workers.stop(self.id)
            announce.happened("worker.stopped", name=self.id)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("could not sign off: %s", type(error).__name__)
        finally:
            self._broker.close()


def _leave(exit_code: int) -> None:
    """Python waits for threads before it ends, and a handler may have left one that works on."""
    time.sleep(_LEAVE)
    logging.shutdown()
    os._exit(exit_code)


def _keep_connections() -> None:
    """Let handlers' threads keep their connection from job to job; it is still checked before each one."""
    for conf in connections.settings.values():
        if "pool" not in conf["OPTIONS"]:
            conf["CONN_MAX_AGE"] = None
