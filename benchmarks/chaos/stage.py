"""The running Flowbit of a chaos run: private servers, workers, schedulers, clients. Ends all that it started."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import psycopg
import redis

from benchmarks.chaos.schedule import SCHEDULERS, WORKERS
from flowbit.embedded import addresses
from flowbit.embedded.child import die_with_parent
from flowbit.embedded.errors import ServerFailed
from flowbit.embedded.servers import Servers

_ROOT = Path(__file__).resolve().parent.parent.parent
_PATIENCE = 60.0
_ENDING = 20.0


class Process:
    """One of our commands, startable again; all its lives write to one log."""

    def __init__(self, name: str, arguments: Sequence[str], folder: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = [sys.executable, str(_ROOT / "manage.py"), *arguments, "--skip-checks"]
        self._environment = environment
        self.popen = self._spawn()
        self.meant_to_end = False

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )

    def start(self) -> None:
        self.popen = self._spawn()
        self.meant_to_end = False

    def kill(self) -> None:
        self.meant_to_end = True
        self.popen.kill()
        self.popen.wait()

    def children(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            return sorted(psutil.Process(self.popen.pid).children(), key=lambda child: child.pid)
        return []


class Stage:
    """Everything on one machine. Start it from a thread that lasts: the servers end with it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.servers = Servers(folder)
        self.workers: list[Process] = []
        self.schedulers: list[Process] = []
        self.leaving: list[tuple[str, subprocess.Popen[bytes]]] = []
        self.surprises: list[str] = []
        """What ended by itself, or would not end when told to; one sentence each."""
        self._environment = environment
        self._logs = folder / "logs"
        self._children: set[psutil.Process] = set()
        self._all: list[Process] = []

    def open(self) -> None:
        """PostgreSQL and Redis; the tables are made by the caller."""
        self._logs.mkdir(parents=True)
        self.servers.start()

    def start(self, name: str, *arguments: str) -> Process:
        process = Process(name, arguments, self._logs, self._environment)
        self._all.append(process)
        return process

    def start_engine(self) -> None:
        for number in range(SCHEDULERS):
            self.schedulers.append(self.start(f"scheduler-{number}", "runscheduler"))
        self.start_workers()

    def start_workers(self) -> None:
        running = len(self.workers)
        for number in range(running, running + WORKERS):
            arguments = ("runworker", "--processes", "2", "--concurrency", "8", "--grace", "5s")
            self.workers.append(self.start(f"worker-{number}", *arguments))

    def look_after(self) -> None:
        """Remember every child, and start anew what ended without being told to."""
        for process in self.workers:
            self._children.update(process.children())
        for process in [*self.workers, *self.schedulers]:
            code = process.popen.poll()
            if code is not None and not process.meant_to_end:
                self.surprises.append(f"{process.name} ended by itself with exit code {code}")
                process.start()

    # -- servers ---------------------------------------------------------------------------------------------------

    def start_server(self, name: str) -> None:
        """Again, after a crash: leftovers of the old one may need a moment to go."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return self.servers.named(name).start()
            except ServerFailed:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.3)

    def server(self, name: str) -> subprocess.Popen[bytes]:
        return dict(self.servers.processes)[name]

    def await_postgres(self) -> None:
        """Until it answers a question. Raises psycopg.OperationalError after a minute."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                with psycopg.connect(addresses.database_url(self.folder), connect_timeout=5) as connection:
                    connection.execute("select 1")
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.02)

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(addresses.redis_url(self.folder), socket_timeout=10)

    # -- the end ---------------------------------------------------------------------------------------------------

    def end_workers(self) -> None:
        """In order; complains of what does not end, or not well."""
        self._end(self.workers)
        self.workers.clear()

    def end_engine(self) -> None:
        self.end_workers()
        self._end(self.schedulers)
        self.schedulers.clear()
        self._end_leaving()
        self._end_orphans()

    def _end(self, processes: Sequence[Process]) -> None:
        for process in processes:
            self._children.update(process.children())
            process.meant_to_end = True
            process.popen.terminate()
        for process in processes:
            self._await(process.name, process.popen)

    def _end_leaving(self) -> None:
        for name, popen in self.leaving:
            self._await(name, popen)
        self.leaving.clear()

    def _await(self, name: str, popen: subprocess.Popen[bytes]) -> None:
        try:
            code = popen.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self.surprises.append(f"{name} did not end within {_ENDING:g} s of SIGTERM")
            popen.kill()
            popen.wait()
            return
        # Told to end before it could listen, it ends by the signal itself.
        if code not in (0, -signal.SIGTERM):
            self.surprises.append(f"{name} ended with exit code {code} when told to end")

    def _end_orphans(self) -> None:
        """Children whose supervisor was killed end by themselves."""
        _, alive = psutil.wait_procs(self._children, timeout=_ENDING)
        for child in alive:
            self.surprises.append(f"child {child.pid} of a worker lives on without its supervisor")

    def close(self) -> None:
        """Whatever happened before: nothing of ours runs after this."""
        for process in self._all:
            self._children.update(process.children())
        for popen in [*(process.popen for process in self._all), *(popen for _, popen in self.leaving)]:
            popen.kill()
            popen.wait()
        for child in self._children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        for _, server in self.servers.processes:
            thaw(server)
        self.servers.stop()


def freeze(popen: subprocess.Popen[bytes]) -> None:
    """Stop a process and then its children: none is born meanwhile."""
    _tell(popen, signal.SIGSTOP)


def thaw(popen: subprocess.Popen[bytes]) -> None:
    _tell(popen, signal.SIGCONT)


def _tell(popen: subprocess.Popen[bytes], what: signal.Signals) -> None:
    popen.send_signal(what)
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(popen.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                child.send_signal(what)
