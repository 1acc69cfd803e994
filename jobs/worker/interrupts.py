"""Raise an exception in a thread that runs a handler, and never in one that has gone on to the next."""

import ctypes
import threading

from jobs import shield
from jobs.outcomes import Interrupted
from jobs.worker import frames
from jobs.worker.hand import Running

_raise_in_thread = ctypes.pythonapi.PyThreadState_SetAsyncExc
_raise_in_thread.argtypes = (ctypes.c_ulong, ctypes.py_object)
_NOTHING = ctypes.py_object()
"""NULL: takes back what was not delivered yet."""


class Slot:
    """A handler thread's seat. `arm` and `disarm` are called by the thread itself, `interrupt` by others.

    At most one exception is sent for a job, and `disarm` takes back one that was not delivered yet; both under one
    lock, so that it cannot reach the thread's next job. Should Python lose one (raised in a destructor, say), the
    handler counts as unwilling, and is ended with its process after the grace.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shield = shield.of_this_thread()
        self._thread = threading.get_ident()
        self._run: Running | None = None

    def arm(self, run: Running) -> None:
        with self._lock:
            self._run = run
            run.slot = self

    def disarm(self) -> None:
        with self._lock:
            run, self._run = self._run, None
            if run is not None and run.interrupt is not None:
                _raise_in_thread(self._thread, _NOTHING)

    def interrupt(self, run: Running, reason: type[Interrupted]) -> bool:
        """Raise `reason` in the thread if it still runs `run`, and not while it speaks to Redis; False when it does
        not run it."""
        with self._shield, self._lock:
            if self._run is not run or run.interrupt is not None:
                return False
            run.interrupt = reason
            _raise_in_thread(self._thread, reason)
            return True

    def stack(self, run: Running) -> list[frames.Place]:
        """Where the thread stands while it runs `run`; nothing when it does not. Held here, it cannot go on to
        another job meanwhile."""
        with self._lock:
            return frames.of_thread(self._thread) if self._run is run else []
