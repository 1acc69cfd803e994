"""Servers of a benchmark's own, with Django set up on them and the tables made."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.management import call_command

from flowbit.embedded.servers import Servers


@contextmanager
def own_servers() -> Iterator[Path]:
    """Gives their folder. Only within may anything be imported that needs Django to be set up."""
    with tempfile.TemporaryDirectory(prefix="flowbit-bench-") as folder:
        os.environ.update(
            FLOWBIT_FOLDER=folder,
            FLOWBIT_APPS="benchmarks.work",
            DJANGO_SETTINGS_MODULE="flowbit.settings",
            LOG_LEVEL="warning",
        )
        servers = Servers(Path(folder))
        servers.start()
        try:
            django.setup()
            call_command("migrate", verbosity=0)
            yield Path(folder)
        finally:
            servers.erase()
