"""A running Flowbit for a test: real worker and scheduler processes on the test's database.

What a test waits for is soon there on a quick machine. On a slow one nothing here gives up early: waits are long, and a
lease is short only where a test waits for its end.
"""

import contextlib
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import psutil
from django.conf import settings

from jobs.models import Attempt, Job, Worker
from tests.jobs.real_worker import environment

T = TypeVar("T")
TOKEN = "the-admin-token-of-the-tests"
PATIENCE = 90.0
"""Seconds for what should take one or two."""
SHORT_LEASE = {"LEASE_TTL": "2s"}
"""For the workers whose loss a test waits for, and for the scheduler that shall notice it."""
SHORT_GRACE = {"INTERRUPT_GRACE": "1s"}
"""For workers with a handler that will not stop."""
FAST = {
    "HEARTBEAT_INTERVAL": "400ms",
    "QUEUE_POLL_INTERVAL": "100ms",
    "SCHEDULER_INTERVAL": "50ms",
    "SCHEDULER_LEADERSHIP_TTL": "2s",
    "RECONCILE_INTERVAL": "500ms",
    "BASE_RETRY_DELAY": "100ms",
    "LOG_LEVEL": "info",
}


class Process:
    """One of our processes; its log is kept for the failure message. `arguments` are Python's."""

    def __init__(self, name: str, arguments: Sequence[str], log: Path, extra: dict[str, str]) -> None:
        self.name = name
        self.log = log
        self._file = log.open("wb")
        self.popen = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env={**environment(), **FAST, **extra},
            stdout=self._file,
            stderr=subprocess.STDOUT,
        )

    def signal(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def wait(self, seconds: float = PATIENCE) -> int:
        return self.popen.wait(seconds)

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def ask(self) -> None:
        self.popen.send_signal(signal.SIGCONT)
        self.popen.terminate()

    def end(self) -> bool:
        """Wait for the end that was asked for, then insist. Returns whether that was needed."""
        try:
            self.popen.wait(PATIENCE)
            return False
        except subprocess.TimeoutExpired:
            self.kill()
            return True
        finally:
            self._file.close()

    def kill(self) -> None:
        """At once, with what it started."""
        if self.popen.poll() is None:
            started = psutil.Process(self.popen.pid).children(recursive=True)
            self.popen.kill()
            for process in started:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            self.popen.wait()


class System:
    """Starts processes and ends them all; looks at jobs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[Process] = []

    def worker(self, *arguments: str, **extra: str) -> Process:
        """`runworker --processes 1` and what else is told; ready when its row is there."""
        before = _workers()
        given = () if "--processes" in arguments else ("--processes", "1")
        process = self._manage("worker", ["runworker", *given, *arguments], extra)
        if "--burst" not in arguments:
            self.until(lambda: len(_workers()) > len(before), f"{process.name} registers")
        return process

    def scheduler(self, **extra: str) -> Process:
        return self._manage("scheduler", ["runscheduler"], extra)

    def web(self, **extra: str) -> httpx.Client:
        """A web process; the client speaks to it with the admin token."""
        path = self.folder / "web.sock"
        self._serve(["--uds", str(path)], extra)
        self.until(path.exists, "the web process listens")
        transport = httpx.HTTPTransport(uds=str(path))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return httpx.Client(transport=transport, base_url="http://localhost", headers=headers, timeout=60)

    def web_at(self, port: int, **extra: str) -> str:
        """A web process for programs that know no sockets but those of a network; its address."""
        self._serve(["--host", "127.0.0.1", "--port", str(port)], extra)
        self.until(lambda: _listens(port), "the web process listens")
        return f"http://127.0.0.1:{port}"

    def _serve(self, where: list[str], extra: dict[str, str]) -> None:
        options = [*where, "--lifespan", "off", "--timeout-graceful-shutdown", "5"]
        self._start("web", ["-m", "uvicorn", "flowbit.asgi:application", *options], {"ADMIN_TOKEN": TOKEN, **extra})

    def _manage(self, kind: str, arguments: list[str], extra: dict[str, str]) -> Process:
        return self._start(kind, [str(settings.BASE_DIR / "manage.py"), *arguments, "--skip-checks"], extra)

    def _start(self, kind: str, arguments: list[str], extra: dict[str, str]) -> Process:
        name = f"{kind}-{len(self.processes)}"
        process = Process(name, arguments, self.folder / f"{name}.log", extra)
        self.processes.append(process)
        return process

    def end(self, *, in_order: bool) -> None:
        """End them all, and complain afterwards of those that had to be killed.

        After a test that failed, `in_order` is false: handlers still wait for what will not come, and the failure is
        told already.
        """
        for process in self.processes:
            process.ask() if in_order else process.kill()
        unwilling = [process for process in self.processes if process.end()]
        assert not unwilling, f"{[process.name for process in unwilling]} would not end:\n{self.logs()}"

    def logs(self) -> str:
        return "\n".join(f"--- {process.name}\n{process.text()[-4000:]}" for process in self.processes)

    # -- looking ---------------------------------------------------------------------------------------------------

    def until(self, condition: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
        """Wait until `condition` is true and return what it returned."""
        deadline = time.monotonic() + seconds
        pause = threading.Event()
        while not (found := condition()):
            assert time.monotonic() < deadline, f"waited {seconds:g} s in vain until {what}\n{self.logs()}"
            pause.wait(0.02)
        return found

    def until_final(self, *ids: UUID, seconds: float = PATIENCE) -> list[Job]:
        self.until(
            lambda: Job.objects.filter(pk__in=ids).final().count() == len(ids),
            f"{len(ids)} jobs end",
            seconds,
        )
        found = Job.objects.in_bulk(list(ids))
        return [found[job_id] for job_id in ids]

    def until_state(self, job_id: UUID, state: str, seconds: float = PATIENCE) -> Job:
        return self.until(lambda: Job.objects.filter(pk=job_id, state=state).first(), f"{job_id} is {state}", seconds)

    def attempts(self, job_id: UUID) -> list[tuple[int, str]]:
        """(number, outcome) of each attempt."""
        return list(Attempt.objects.filter(job_id=job_id).order_by("number").values_list("number", "outcome"))

    def ledger(self, name: str = "ledger") -> str:
        return str(self.folder / name)

    def lines(self, name: str = "ledger") -> list[list[str]]:
        path = self.folder / name
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def said(self, word: str, name: str = "ledger") -> list[tuple[str, int]]:
        """(job id, attempt) of each line in which a handler said `word`: begin, end, stopped."""
        return [(line[1], int(line[2])) for line in self.lines(name) if line[0] == word]

    def until_begun(self, job_id: UUID, name: str = "ledger", seconds: float = PATIENCE) -> int:
        """Wait until the handler says that it runs; the pid that runs it."""
        found: Any = self.until(
            lambda: [line for line in self.lines(name) if line[:2] == ["begin", str(job_id)]],
            f"{job_id} begins",
            seconds,
        )
        return int(found[-1][3])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _workers() -> list[str]:
    return list(Worker.objects.values_list("id", flat=True))
