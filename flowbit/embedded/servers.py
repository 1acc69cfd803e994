"""Both servers of a folder, owned by one process at a time."""

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from flowbit.embedded import places
from flowbit.embedded.lock import FolderLock
from flowbit.embedded.postgres import Postgres
from flowbit.embedded.redis import Redis


class Servers:
    """Starts PostgreSQL and Redis on start() or ``with``, ends them on stop().

    They also end when the owner is killed; on Linux this holds for the *thread* that started them, so start
    them from one that lasts. Raises EmbeddedError: FolderInUse when another process owns the folder.
    """

    def __init__(self, folder: Path, *, postgres: bool = True, redis: bool = True) -> None:
        self.folder = folder.resolve()
        self._lock = FolderLock(self.folder)
        self._runtime_dir: Path | None = None
        self._servers: list[Postgres | Redis] = []
        if postgres:
            self._servers.append(Postgres(self.folder))
        if redis:
            self._servers.append(Redis(self.folder))

    @property
    def processes(self) -> list[tuple[str, subprocess.Popen[bytes]]]:
        """Those that were started: name and process, to watch over."""
        return [(server.name, server.process) for server in self._servers if server.process is not None]

    def named(self, name: str) -> Postgres | Redis:
        """One of them, "postgres" or "redis", to stop and start by itself. Raises KeyError."""
        return {server.name: server for server in self._servers}[name]

    @property
    def logs(self) -> dict[str, Path]:
        return {server.name: server.log for server in self._servers}

    def start(self) -> None:
        places.make_folder(self.folder)
        self._lock.acquire()
        try:
            self._runtime_dir = places.make_runtime_dir(self.folder)
            for server in self._servers:
                server.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends what was started, and gives the folder back. Data stay."""
        if not self._lock.held:
            return
        for server in reversed(self._servers):
            server.stop()
        if self._runtime_dir is not None:
            shutil.rmtree(self._runtime_dir, ignore_errors=True)
            self._runtime_dir = None
        self._lock.release()

    def erase(self) -> None:
        """Stops, and deletes all data: what tests do at their end. Never under another owner's feet."""
        self.stop()
        if not self.folder.exists():
            return
        self._lock.acquire()
        shutil.rmtree(self.folder)
        if os.geteuid() == 0:
            shutil.rmtree(places.fallback_home(self.folder), ignore_errors=True)
        self._lock.release()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
