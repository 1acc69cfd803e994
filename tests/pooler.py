"""PgBouncer in transaction mode, in front of a PostgreSQL."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from flowbit.embedded import addresses, child
from flowbit.embedded.account import choose

PORT = 6432
READY_WITHIN = 60.0
_STOP = ((signal.SIGINT, 10.0),)
_CONFIGURATION = """
[databases]
* = {upstream}

[pgbouncer]
listen_addr =
listen_port = {listen}
unix_socket_dir = {sockets}
auth_type = any
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 15
query_wait_timeout = 3
server_connect_timeout = 2
server_login_retry = 1
"""


def embedded(folder: Path) -> dict[str, str]:
    """The private PostgreSQL of a folder, as an upstream."""
    return {"host": str(addresses.postgres_socket_dir(folder)), "port": "5432", "user": addresses.USER}


def binary() -> str | None:
    """Debian has it in a folder that is not on everybody's path."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


class Pooler:
    """One process. `sockets` is made, private, and removed at the end.

    Args:
        upstream: where PostgreSQL is: libpq's words for it (host, port, user, password), and their values. Whoever owns
            the folder of its socket runs this, too: PgBouncer refuses to run as root.
    """

    def __init__(self, sockets: Path, upstream: Mapping[str, str]) -> None:
        self._sockets = sockets
        self._upstream = upstream
        self._process: subprocess.Popen[bytes] | None = None
        self._log = sockets.with_name(f"{sockets.name}.log")

    def url(self, database: str) -> str:
        host = quote(str(self._sockets), safe="")
        return f"postgresql://{self._upstream['user']}@/{database}?host={host}&port={PORT}"

    def start(self) -> None:
        program = binary()
        assert program, "no pgbouncer on the PATH: install Debian's package pgbouncer"
        account = choose(Path(self._upstream["host"]))
        self._sockets.mkdir(mode=0o700)
        configuration = self._sockets / "pgbouncer.ini"
        upstream = " ".join(f"{word}='{value}'" for word, value in self._upstream.items())
        configuration.write_text(_CONFIGURATION.format(upstream=upstream, listen=PORT, sockets=self._sockets))
        if account is not None:
            for path in (self._sockets, configuration):
                os.chown(path, account.uid, account.gid)
        self._process = child.spawn([program, configuration], self._log, account, ends_by=signal.SIGINT)
        self._wait_until_ready(self._process)

    def stop(self) -> None:
        if self._process is not None:
            child.stop(self._process, _STOP)
            self._process = None
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_WITHIN
        pause = threading.Event()
        while not self._answers():
            assert process.poll() is None, f"pgbouncer ended:\n{child.tail(self._log)}"
            assert time.monotonic() < deadline, f"pgbouncer did not get ready:\n{child.tail(self._log)}"
            pause.wait(0.02)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=5, prepare_threshold=None) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True
