"""The private PostgreSQL: its cluster is made once, whole or not at all, and never without fsync."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg import sql

from flowbit.embedded import addresses, binaries, child, leftovers, places
from flowbit.embedded.account import Account, choose
from flowbit.embedded.errors import ServerFailed

# Crash recovery after a hard end may take its time; a server that dies is noticed at once.
READY_WITHIN = 180.0
POLL = 0.02
# fast: abort what runs, write a checkpoint; immediate: do without, recover at the next start
STOP = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0))

# Written to postgresql.conf when the cluster is made; there they may be changed.
TUNING = {
    "max_connections": "200",
    "shared_buffers": "192MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "autovacuum_naptime": "15s",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class Postgres:
    """One cluster of one folder. Whoever uses it holds the folder's lock."""

    name = "postgres"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._record = folder / "postgres.process"
        self._sockets = addresses.postgres_socket_dir(folder)
        self.log = folder / "log" / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        leftovers.end(self._record, signal.SIGINT)
        account = choose(places.cluster_dir(self._folder))
        cluster = places.settle_cluster_dir(self._folder, account)
        install = places.reachable_install(binaries.postgres_install(), cluster.parent, account)
        if not cluster.exists():
            self._make_cluster(install, cluster, account)
        leftovers.drop_reused_pid(cluster / "postmaster.pid")
        self._make_socket_dir(account)
        command: list[str | Path] = [install / "bin/postgres", "-D", cluster, *self._fixed_settings()]
        self.process = child.spawn(command, self.log, account, ends_by=signal.SIGINT)
        leftovers.record(self._record, self.process.pid)
        self._wait_until_ready(self.process)

    def stop(self) -> None:
        if self.process is not None:
            child.stop(self.process, STOP)
            self.process = None
            self._record.unlink(missing_ok=True)

    def _make_cluster(self, install: Path, cluster: Path, account: Account | None) -> None:
        """Made beside its place and then renamed, so that an interrupted initdb leaves nothing half done."""
        unfinished = cluster.with_name(f"{cluster.name}.new")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        if account is not None:
            os.chown(unfinished, account.uid, account.gid)
        tuning = [part for name, value in TUNING.items() for part in ("-c", f"{name}={value}")]
        options = ["--username", addresses.USER, "--encoding", "UTF8", "--locale", "C"]
        options += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-instructions"]
        # "trust" is safe here because only the socket's 0700 directory leads to the server
        options += ["--auth", "trust", *tuning]
        if child.run([install / "bin/initdb", "-D", unfinished, *options], self.log, account) != 0:
            raise self._failed("initdb failed")
        unfinished.rename(cluster)

    def _make_socket_dir(self, account: Account | None) -> None:
        """Fresh each time: sockets and their lock files guard nothing, the folder's lock does."""
        shutil.rmtree(self._sockets, ignore_errors=True)
        self._sockets.mkdir(mode=0o700)
        if account is not None:
            os.chown(self._sockets, account.uid, account.gid)

    def _fixed_settings(self) -> list[str]:
        """What the addresses and the log rest on, whatever postgresql.conf says."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._sockets),
            "port": "5432",
            "logging_collector": "off",
            "log_destination": "stderr",
            "fsync": "on",
            "full_page_writes": "on",
        }
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while True:
            if process.poll() is not None:
                raise self._failed(f"PostgreSQL ended with exit code {process.returncode}")
            try:
                return self._make_database()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise self._failed(f"PostgreSQL did not get ready: {error}") from error
            time.sleep(POLL)

    def _make_database(self) -> None:
        with psycopg.connect(
            host=str(self._sockets),
            port=5432,
            user=addresses.USER,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        ) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [addresses.DATABASE])
            if known.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(addresses.DATABASE)))

    def _failed(self, what: str) -> ServerFailed:
        return ServerFailed(f"{what}; the end of {self.log}:\n{child.tail(self.log)}")
