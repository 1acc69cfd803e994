"""One owner per folder, by an exclusive flock: the kernel gives it back however the owner ends."""

import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path

from flowbit.embedded.errors import FolderInUse, UnsafeFolder


class FolderLock:
    """The file stays after a release: to delete it would let two owners lock two files of one name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "lock"
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def acquire(self) -> None:
        """Raises FolderInUse, with who holds it and since when."""
        # Python opens files close-on-exec, so no child inherits the lock.
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except PermissionError:
            raise UnsafeFolder(f"{self._folder} belongs to another user") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise FolderInUse(f"{self._folder} is in use {self._holder()}") from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()} {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _holder(self) -> str:
        pid, _, since = self._path.read_text().strip().partition(" ")
        return f"by process {pid} since {since}" if since else "by another process"
