"""A real `manage.py runworker` against the tests' database, as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from django.conf import settings
from django.db import connection


def environment(database_name: str = "") -> dict[str, str]:
    """Ours, with the tests' database, or another one on its server."""
    database = connection.settings_dict
    return {**os.environ, "DATABASE_URL": database_url(**{**database, "NAME": database_name or database["NAME"]})}


def database_url(*, NAME: str, USER: str, PASSWORD: str, HOST: str, PORT: str, **others: object) -> str:
    """The URL of one of Django's DATABASES, but for its options."""
    login = quote(USER, safe="") + (":" + quote(PASSWORD, safe="") if PASSWORD else "")
    return f"postgresql://{login}@/{NAME}?host={quote(HOST, safe='')}" + (f"&port={PORT}" if PORT else "")


def _command(*arguments: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "runworker", "--processes", "1", *arguments]


def burst() -> None:
    """Run everything that is ready, and end."""
    done = subprocess.run(
        _command("--burst"), env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-5000:]


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """A worker for the time of a `with`."""
    process = subprocess.Popen(_command(), env=environment(), stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)
