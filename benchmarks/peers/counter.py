"""How often the handlers were called, and when: a small file that workers and the runner map into their memory.

It is an array of 64-bit integers: the number of processes, then for each process its pid, its calls, and the
nanoseconds (CLOCK_MONOTONIC, one clock for all of the machine's processes) of the first and the latest of them.
No imports but the standard library's: workers of all peers use it.
"""

import fcntl
import mmap
import os
import threading
import time
from pathlib import Path

SLOTS = 64
SLOT = 4
SIZE = 8 * (1 + SLOTS * SLOT)
LATECOMERS = 20.0  # seconds that a process waits for the others before it begins alone


def create(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(SIZE)


def attach(path: Path) -> memoryview:
    """The array. Writes are seen by every process that has it attached."""
    with path.open("r+b") as file:
        return memoryview(mmap.mmap(file.fileno(), SIZE)).cast("Q")


class Counter:
    """The runner's view."""

    def __init__(self, path: Path) -> None:
        self._words = attach(path)

    def _slots(self) -> list[tuple[int, ...]]:
        return [tuple(self._words[1 + SLOT * slot : 1 + SLOT * (slot + 1)]) for slot in range(self._words[0])]

    def calls(self) -> int:
        return sum(calls for _pid, calls, _first, _latest in self._slots())

    def shares(self) -> list[int]:
        """Calls of each process."""
        return [calls for _pid, calls, _first, _latest in self._slots()]

    def span(self) -> tuple[float, float]:
        """When the first and the latest call came, in seconds of `time.monotonic()`. Raises ValueError before any."""
        called = [(first, latest) for _pid, calls, first, latest in self._slots() if calls]
        return min(first for first, _ in called) / 1e9, max(latest for _, latest in called) / 1e9


class Ticker:
    """A worker process's own slot. The first call waits until `processes` have come to theirs.

    So the clock starts when all are at work, and nobody is charged for how far apart two processes boot.
    """

    def __init__(self, path: Path, processes: int) -> None:
        self._path, self._processes = path, processes
        self._lock = threading.Lock()
        self._words: memoryview | None = None
        self._base = 0

    def tick(self) -> None:
        with self._lock:
            words = self._begin() if self._words is None else self._words
            now = time.monotonic_ns()
            base = self._base
            words[base + 1] += 1
            words[base + 3] = now
            if not words[base + 2]:
                words[base + 2] = now

    def _begin(self) -> memoryview:
        words = attach(self._path)
        with self._path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._base = 1 + SLOT * words[0]
            words[self._base] = os.getpid()
            words[0] += 1
        deadline = time.monotonic() + LATECOMERS
        while words[0] < self._processes and time.monotonic() < deadline:
            time.sleep(0.0005)
        self._words = words
        return words
