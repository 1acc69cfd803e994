"""What handlers really did, in a file of their own: one line per event, each one atomic append."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID


class Line(NamedTuple):
    """`event` is begin, end (about to return) or leave (about to raise)."""

    event: str
    job: UUID
    attempt: int
    pid: int


class Ledger:
    """The writing side. The file is opened with the first line; appends of several processes never mix."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._handle: int | None = None

    def write(self, event: str, job: UUID, attempt: int) -> None:
        if self._handle is None:
            self._handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(self._handle, f"{event} {job.hex} {attempt} {os.getpid()}\n".encode())


def read(path: Path) -> Iterator[Line]:
    """Every line, in the order of writing. Raises ValueError for one that is not whole."""
    if not path.exists():
        return
    with path.open() as file:
        for text in file:
            event, job, attempt, pid = text.split()
            yield Line(event, UUID(hex=job), int(attempt), int(pid))
