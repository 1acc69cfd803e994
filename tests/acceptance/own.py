"""A PostgreSQL and a Redis that a test may kill: not the suite's."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from django.core.management import call_command
from django.db import connection

from flowbit.embedded import addresses, places
from flowbit.embedded.postgres import Postgres
from flowbit.embedded.redis import Redis


@dataclass(frozen=True)
class Cluster:
    """A server and the folder that its socket's address is made of."""

    folder: Path
    server: Postgres


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for servers, erased with all that they left outside of it."""
    made = Path(tempfile.mkdtemp(prefix="flowbit-own-"))
    places.make_folder(made)
    sockets = places.make_runtime_dir(made)
    try:
        yield made
    finally:
        for left in (sockets, places.fallback_home(made), made):
            shutil.rmtree(left, ignore_errors=True)


def kill(server: Postgres | Redis) -> None:
    """SIGKILL for all of its processes, as by a power cut; they are gone afterwards, and our connection with them."""
    assert server.process is not None
    main = psutil.Process(server.process.pid)
    processes = [main, *main.children(recursive=True)]
    for process in processes:
        process.kill()
    server.process.wait()
    psutil.wait_procs(processes, timeout=60)
    connection.close()


@contextmanager
def used(cluster: Cluster) -> Iterator[None]:
    """Let this process, and those that it starts meanwhile, use `cluster`, with all tables of ours there and empty."""
    host = str(addresses.postgres_socket_dir(cluster.folder))
    with switched(HOST=host, PORT="", NAME=addresses.DATABASE, USER=addresses.USER, PASSWORD=""):
        call_command("migrate", verbosity=0, interactive=False)
        with connection.cursor() as cursor:
            names = [name for name in connection.introspection.table_names() if name.startswith("jobs_")]
            cursor.execute(f"truncate {', '.join(names)}")
        yield


@contextmanager
def switched(**settings: str) -> Iterator[None]:
    """Let this process reach PostgreSQL by other settings of Django's DATABASES for a while."""
    kept = {name: connection.settings_dict[name] for name in settings}
    connection.close()
    connection.settings_dict |= settings
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict |= kept
