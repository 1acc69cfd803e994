"""One web process, asked by many clients at once: submits, looks, batches. Needs Django to be set up."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import Permission, User

from benchmarks.web.client import encoded
from jobs.models import Job
from jobs.services import api_keys
from jobs.services.api_keys import Wanted
from jobs.services.audit import Actor

CLIENTS = 16
POOL = "16"
BATCH = 500
APPLICATIONS = {"bare": "benchmarks.web.bare:application", "flowbit": "flowbit.asgi:application"}


@dataclass(frozen=True)
class Web:
    socket: Path
    token: str

    def submit(self, count: int) -> float:
        """Jobs per second, one by one."""
        return self._ask([self._encoded("POST", "jobs", _job(number)) for number in range(count)])

    def look(self, count: int) -> float:
        """Answers per second, about the newest jobs."""
        ids = list(Job.objects.order_by("-pk").values_list("pk", flat=True)[:count])
        return self._ask([self._encoded("GET", f"jobs/{ids[number % len(ids)]}") for number in range(count)])

    def batches(self, count: int) -> float:
        """Jobs per second, in batches, two clients at a time."""
        body = {"jobs": [_job(number) for number in range(BATCH)]}
        return BATCH * self._ask([self._encoded("POST", "jobs/batch", body)] * (count // BATCH), clients=2)

    def _encoded(self, method: str, path: str, body: object = None) -> str:
        return encoded(method, f"/api/v1/{path}", self.token, body).decode()

    def _ask(self, requests: list[str], clients: int = CLIENTS) -> float:
        command = [sys.executable, "-m", "benchmarks.web.client", str(self.socket), str(clients)]
        done = subprocess.run(command, input=json.dumps(requests), stdout=subprocess.PIPE, text=True, check=True)
        return float(done.stdout)


def _job(number: int) -> dict[str, object]:
    return {"type": "bench.noop", "payload": {"n": number}}


@contextmanager
def serving(arm: str, folder: Path) -> Iterator[Web]:
    """The web process of "bare" or "flowbit" for the time of a `with`."""
    socket = folder / f"{arm}.sock"
    command = [sys.executable, "-m", "uvicorn", APPLICATIONS[arm], "--uds", str(socket), "--lifespan", "off"]
    environment = {**os.environ, "DATABASE_POOL_SIZE": POOL, "API_RATE": "off"}
    environment.pop("DJANGO_SETTINGS_MODULE")
    process = subprocess.Popen([*command, "--no-access-log", "--log-level", "warning"], env=environment)
    try:
        while not socket.exists():
            if process.poll() is not None:
                raise RuntimeError(f"{command} ended with {process.returncode}")
            time.sleep(0.05)
        yield Web(socket, _token())
    finally:
        process.terminate()
        process.wait()


def _token() -> str:
    """A key of an ordinary program: it submits, and looks at its own jobs."""
    user, _ = User.objects.get_or_create(username="program")
    user.user_permissions.add(Permission.objects.get(codename="submit_job"))
    return api_keys.make(user, Wanted(name="bench", scopes=["jobs:read", "jobs:write"]), Actor.shell(), None).token
