"""The two pipes between a supervisor and its child: a breath up, and a tether down that tells of its death."""

import os
import threading
from collections.abc import Callable


class Tether:
    """The child's ends. Without pipes (a child run by hand) it does nothing."""

    def __init__(self, breath: int | None = None, cord: int | None = None) -> None:
        self._breath = breath
        self._cord = cord
        if breath is not None:
            os.set_blocking(breath, False)

    def breathe(self, line: bytes = b"\n") -> None:
        """Tell the supervisor that this process still moves, and how it is: one short line (`jobs.worker.pulse`)."""
        if self._breath is not None:
            try:
                os.write(self._breath, line)
            except (BlockingIOError, BrokenPipeError):
                # Full: the supervisor has not read for long. Broken: the cord tells of that.
                return

    def on_cut(self, action: Callable[[], None]) -> None:
        """Call `action` when the supervisor is gone."""
        if self._cord is not None:
            threading.Thread(target=self._wait, args=(self._cord, action), name="tether", daemon=True).start()

    @staticmethod
    def _wait(cord: int, action: Callable[[], None]) -> None:
        while os.read(cord, 64):
            pass
        action()
