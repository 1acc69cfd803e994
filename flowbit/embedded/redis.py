"""The private Redis. It keeps nothing on disk: losing it loses no job."""

import contextlib
import signal
import socket
import subprocess
import time
from pathlib import Path

from flowbit.embedded import addresses, binaries, child, leftovers
from flowbit.embedded.errors import ServerFailed

READY_WITHIN = 30.0
POLL = 0.01
STOP = ((signal.SIGTERM, 10.0),)


class Redis:
    """One server of one folder. Whoever uses it holds the folder's lock."""

    name = "redis"

    def __init__(self, folder: Path) -> None:
        self._record = folder / "redis.process"
        self._socket = addresses.redis_socket(folder)
        self.log = folder / "log" / "redis.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        leftovers.end(self._record, signal.SIGTERM)
        self._socket.unlink(missing_ok=True)
        self.process = child.spawn(self._command(), self.log, None, ends_by=signal.SIGTERM)
        leftovers.record(self._record, self.process.pid)
        self._wait_until_ready(self.process)

    def stop(self) -> None:
        if self.process is not None:
            child.stop(self.process, STOP)
            self.process = None
            self._record.unlink(missing_ok=True)

    def _command(self) -> list[str | Path]:
        settings = {
            "--port": "0",
            "--unixsocket": str(self._socket),
            "--unixsocketperm": "700",
            "--dir": str(self._socket.parent),
            "--save": "",
            "--appendonly": "no",
            "--maxmemory-policy": "noeviction",
            "--daemonize": "no",
            "--supervised": "no",
        }
        return [binaries.redis_server(), *(part for item in settings.items() for part in item)]

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not self._answers():
            if process.poll() is not None:
                raise self._failed(f"Redis ended with exit code {process.returncode}")
            if time.monotonic() > deadline:
                raise self._failed("Redis did not get ready")
            time.sleep(POLL)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self._socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        return False

    def _failed(self, what: str) -> ServerFailed:
        return ServerFailed(f"{what}; the end of {self.log}:\n{child.tail(self.log)}")
