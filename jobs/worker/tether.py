"""The two pipes between a supervisor and its child: a breath up, and a tether down that tells of its death."""

import logging
import os
import threading
from collections.abc import Callable

from jobs.engine_thread import EngineThread

logger = logging.getLogger(__name__)
_ABANDONED = 70


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

    def on_cut(self, action: Callable[[], None], patience: float) -> None:
        """Call `action` when the supervisor is gone, and end this process if it is still there `patience` s later."""
        if self._cord is not None:
            EngineThread(self._wait, "tether", self._cord, action, patience).start()

    @staticmethod
    def _wait(cord: int, action: Callable[[], None], patience: float) -> None:
        while os.read(cord, 64):
            pass
        action()
        # Nobody else would end it: its threads may wait for servers that never come back.
        threading.Event().wait(patience)
        logger.error("%g s after its supervisor: the end. The reaper hands on what could not be written", patience)
        os._exit(_ABANDONED)
