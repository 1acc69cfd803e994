"""A program run as a part of a larger whole: its output comes line by line under its name, it ends with its
parent, and whoever watches learns how it ended.
"""

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from flowbit.embedded.child import die_with_parent

LAST_LINES = 15
DRAIN = 2.0  # seconds for the output that is still in the pipe

Say = Callable[[str], None]


class PartDied(Exception):
    """A part ended by itself."""

    def __init__(self, name: str, code: int, last_lines: str) -> None:
        how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        super().__init__(f"{name} ended with {how}; its last lines:\n{last_lines}")


@dataclass(frozen=True)
class Command:
    name: str
    arguments: Sequence[str]


class Part:
    """A running Command, in a session of its own: a Ctrl-C reaches only the parent, which ends its parts in
    order. Start it from a thread that lasts (see die_with_parent)."""

    def __init__(self, command: Command, environment: Mapping[str, str], say: Say) -> None:
        self.name = command.name
        self._say = say
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self.process = subprocess.Popen(
            command.arguments,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        self._reader = threading.Thread(target=self._read, name=f"output of {self.name}", daemon=True)
        self._reader.start()

    def check(self) -> None:
        """Raises PartDied if it has ended, whatever its exit code."""
        if (code := self.process.poll()) is not None:
            raise self.death(code)

    def finish(self) -> None:
        """Waits for its end. Raises PartDied unless that is a success."""
        if (code := self.process.wait()) != 0:
            raise self.death(code)

    def death(self, code: int) -> PartDied:
        self._reader.join(DRAIN)
        return PartDied(self.name, code, self.last_lines())

    def last_lines(self) -> str:
        return "\n".join(self._last)

    def ask_to_end(self) -> None:
        self.process.terminate()

    def end(self, grace: float) -> None:
        """Waits for the end that was asked for; then kills what is left of its session."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(grace)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join(DRAIN)

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self._last.append(line.rstrip())
            with suppress(OSError, ValueError):  # our own output is closed: drain the pipe all the same
                self._say(f"{self.name:<9} | {line.rstrip()}")
