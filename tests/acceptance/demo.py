"""The demo as a user starts it: `manage.py up` in a folder of its own, with its own servers and the usual settings."""

import email
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
MANAGE = Path(__file__).resolve().parent.parent.parent / "manage.py"
ENDED = ("succeeded", "failed", "cancelled")
ADMIN = {"Authorization": "Bearer dev-admin-token"}
_KEPT = ("HOME", "LANG", "PATH", "TMPDIR")  # no setting of the tests, nor of whoever runs them


@dataclass
class Demo:
    """A demo that runs. `client` has no credential of its own."""

    url: str
    folder: Path
    log: Path
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=30)

    def until(self, condition: Callable[[], T], what: str, seconds: float = 90.0) -> T:
        """Wait until `condition` is true and return what it returned."""
        deadline = time.monotonic() + seconds
        pause = threading.Event()
        while not (found := condition()):
            assert time.monotonic() < deadline, f"waited {seconds:g} s in vain until {what}\n{self.said()[-4000:]}"
            pause.wait(0.05)
        return found

    def job(self, job_id: str) -> dict[str, Any]:
        """As an operator sees it."""
        found: dict[str, Any] = self.client.get(f"/api/v1/jobs/{job_id}", headers=ADMIN).raise_for_status().json()
        return found

    def succeeded(self, job_id: str) -> dict[str, Any]:
        """The job, once it has run."""

        def ended() -> dict[str, Any] | None:
            found = self.job(job_id)
            return found if found["state"] in ENDED else None

        job = self.until(ended, f"{job_id} ends")
        assert job["state"] == "succeeded", job["last_error"]
        return job

    def mail(self, job_id: str) -> EmailMessage:
        """The one that a job of type `email.send` has sent."""
        sent = [email.message_from_bytes(text, policy=policy.default) for text in self._mails()]
        [found] = [one for one in sent if one["Message-ID"].startswith(f"<{job_id}@")]
        assert isinstance(found, EmailMessage)
        return found

    def _mails(self) -> list[bytes]:
        """Django may write several of the same second to one file, with a line below each."""
        files = sorted((self.folder / "mail").iterdir())
        return [text for file in files for text in file.read_bytes().split(b"-" * 79 + b"\n") if text]

    def said(self) -> str:
        return self.log.read_text(errors="replace")


@contextmanager
def running() -> Iterator[Demo]:
    """Everything is up, and has ended in good order afterwards."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="flowbit-demo-") as name:
        folder, log = Path(name, "data"), Path(name, "log")
        arguments = [sys.executable, str(MANAGE), "up", "--port", str(port), "--folder", str(folder)]
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        with log.open("wb") as output:
            process = subprocess.Popen(
                arguments, env={**environment, "FLOWBIT_FOLDER": str(folder)}, stdout=output, stderr=subprocess.STDOUT
            )
        demo = Demo(f"http://127.0.0.1:{port}", folder, log)
        try:
            demo.until(lambda: "Flowbit runs at" in demo.said() or process.poll() is not None, "it is up", 180)
            assert process.poll() is None, demo.said()
            yield demo
        finally:
            demo.client.close()
            process.send_signal(signal.SIGINT)
            process.wait(60)
        assert process.returncode == 0, demo.said()[-4000:]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
