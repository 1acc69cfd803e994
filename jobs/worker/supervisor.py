"""Starts the children of one `runworker`, starts them anew when they end, and ends them with itself."""

import logging
import os
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from types import FrameType

from jobs import stop_signals
from jobs.worker import pulse
from jobs.worker.child import FINISHED, RECYCLE
from jobs.worker.figures import Place, Report
from jobs.worker.pulse import Pulse

logger = logging.getLogger(__name__)
_TICK = 0.2
_SHORT_LIFE = 5.0
_LONGEST_PAUSE = 30.0


class Kid:
    """A child process with its pipes: `breath` is read here, `cord` is held open for as long as we live."""

    def __init__(self, command: Sequence[str]) -> None:
        self.breath, theirs = os.pipe()
        cord, self.cord = os.pipe()
        arguments = [*command, "--breath", str(theirs), "--cord", str(cord)]
        self.process = subprocess.Popen(  # noqa: S603 - our own command line
            arguments, pass_fds=(theirs, cord), start_new_session=True
        )
        os.close(theirs)
        os.close(cord)
        os.set_blocking(self.breath, False)
        self.born = self.breathed = time.monotonic()
        self.signals = 0

    def listen(self) -> Pulse | None:
        """How it is, if it has told so since."""
        try:
            lines = os.read(self.breath, 65536)
        except BlockingIOError:
            return None
        if lines:
            self.breathed = time.monotonic()
        return pulse.latest(lines)

    def close(self) -> None:
        os.close(self.breath)
        os.close(self.cord)


class Supervisor:
    """Keeps `processes` children running.

    Args:
        command: starts one child; its pipes are added to it.
        silence: seconds without a breath after which a child counts as hung and is killed.
        patience: seconds between SIGTERM and SIGKILL when all shall end.
    """

    def __init__(self, command: Sequence[str], processes: int, *, silence: float, patience: float) -> None:
        self._command = command
        self._silence = silence
        self._patience = patience
        self._stopping: float | None = None
        self._signals = 0
        self._pause = [0.0] * processes
        self._due: list[float | None] = [0.0] * processes
        self._kids: list[Kid | None] = [None] * processes
        self.report = Report([Place() for _ in range(processes)], looked_at=time.monotonic())

    def run(self) -> int:
        """Until told to stop, or until every child has finished. Returns the exit code."""
        for stop in stop_signals.NUMBERS:
            signal.signal(stop, self._on_signal)
        while any(kid is not None for kid in self._kids) or (
            self._stopping is None and any(due is not None for due in self._due)
        ):
            self.report.looked_at = time.monotonic()
            for number in range(len(self._kids)):
                self._look_after(number)
            breaths = [kid.breath for kid in self._kids if kid]
            if breaths:
                select.select(breaths, [], [], _TICK)
            time.sleep(_TICK / 4)
        stop_signals.ignore()
        return 0

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping = self._stopping or time.monotonic()
        self.report.is_stopping = True
        self._signals += 1

    def _look_after(self, number: int) -> None:
        kid = self._kids[number]
        if kid is None:
            due = self._due[number]
            if due is not None and self._stopping is None and time.monotonic() >= due:
                self._kids[number] = Kid(self._command)
                self.report.places[number].starts += 1
            return
        if told := kid.listen():
            self.report.hear(number, told, time.monotonic())
        code = kid.process.poll()
        if code is not None:
            kid.close()
            self._kids[number] = None
            self._due[number] = self._next_start(number, kid, code)
            self.report.places[number].pulse = None
            self.report.places[number].is_over = self._due[number] is None
        elif self._is_overdue(kid):
            kid.process.kill()
        elif kid.signals < self._signals:
            # A second one tells the child to hurry.
            kid.signals = self._signals
            kid.process.send_signal(signal.SIGTERM)

    def _is_overdue(self, kid: Kid) -> bool:
        now = time.monotonic()
        if now - kid.breathed > self._silence:
            logger.error("worker process %d hangs (silent for %.0f s): killed", kid.process.pid, now - kid.breathed)
            return True
        return self._stopping is not None and now - self._stopping > self._patience

    def _next_start(self, number: int, kid: Kid, code: int) -> float | None:
        """When to start the successor; None when there is none."""
        if code == FINISHED or self._stopping is not None:
            return None
        lived = time.monotonic() - kid.born
        if code == RECYCLE or lived > _SHORT_LIFE:
            self._pause[number] = 0.0
        else:
            self._pause[number] = min(max(self._pause[number] * 2, 1.0), _LONGEST_PAUSE)
        if code != RECYCLE:
            said = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            logger.error("worker process %d died (%s), next one in %g s", kid.process.pid, said, self._pause[number])
        return time.monotonic() + self._pause[number]
