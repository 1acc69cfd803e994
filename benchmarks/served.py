"""Servers of a benchmark's own, with Django set up on them and the tables made."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import django
import psutil
from django.core.management import call_command

from flowbit.embedded.servers import Servers


@dataclass(frozen=True)
class Served:
    """`processes` by name: postgresql and redis."""

    folder: Path
    processes: dict[str, psutil.Process]


@contextmanager
def own_servers(kept: Path | None = None) -> Iterator[Served]:
    """In a folder that is erased at the end, or in `kept`, which stays.

    Only within may anything be imported that needs Django to be set up.
    """
    with nullcontext(kept) if kept else tempfile.TemporaryDirectory(prefix="flowbit-bench-") as folder:
        os.environ.update(
            FLOWBIT_FOLDER=str(folder),
            FLOWBIT_APPS="benchmarks.work",
            DJANGO_SETTINGS_MODULE="flowbit.settings",
            LOG_LEVEL="warning",
            API_RATE="off",
        )
        servers = Servers(Path(folder))
        servers.start()
        try:
            django.setup()
            call_command("migrate", verbosity=0)
            yield Served(Path(folder), {name: psutil.Process(process.pid) for name, process in servers.processes})
        finally:
            if kept:
                servers.stop()
            else:
                servers.erase()
