"""With AUTO_MIGRATE, processes that start at once on an empty database bring it up to date together."""

import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from tests.jobs.real_worker import environment

NAME = "test_flowbit_empty"
WEB = """
import asyncio
async def main():
    import flowbit.asgi
asyncio.run(main())
"""


@pytest.fixture
def empty_database(transactional_db: None) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"drop database if exists {NAME} with (force)")
        cursor.execute(f"create database {NAME}")
    yield NAME
    with connection.cursor() as cursor:
        cursor.execute(f"drop database {NAME} with (force)")


def start(*arguments: str, database: str, **extra: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={**environment(database), **extra},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def applied(database: str) -> int:
    with psycopg.connect(**{**connection.get_connection_params(), "dbname": database}) as own:
        found = own.execute("select count(*) from django_migrations where app = 'jobs'").fetchone()
    return int(found[0]) if found else 0


def test_several_processes_migrate_an_empty_database_once(empty_database: str) -> None:
    worker = ("manage.py", "runworker", "--burst", "--processes", "1")
    commands = (worker, ("-c", WEB), ("-c", WEB))
    parts = [start(*command, database=empty_database, AUTO_MIGRATE="1") for command in commands]
    said = [part.communicate(timeout=240)[0] for part in parts]
    assert [part.returncode for part in parts] == [0, 0, 0], "\n".join(said)
    assert sum("Applying jobs.0001_initial" in text for text in said) == 1
    assert applied(empty_database) == len(list((settings.BASE_DIR / "jobs/migrations").glob("0*.py")))


def test_without_it_nothing_is_migrated(empty_database: str) -> None:
    part = start("-c", WEB, database=empty_database)
    assert "Applying" not in part.communicate(timeout=240)[0]
    with pytest.raises(psycopg.errors.UndefinedTable):
        applied(empty_database)
