"""A pytest plugin: PostgreSQL and Redis of our own in a temporary folder, unless the environment names others.

With FLOWBIT_TEST_POOLED=1 everything reaches that PostgreSQL through PgBouncer in transaction mode.

A plugin and not a conftest, because the servers' folder must be known before Django's settings are read.
"""

import os
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from flowbit.embedded import addresses
from flowbit.embedded.servers import Servers
from flowbit.garbage import look_seldom, spare_collections
from tests import pooler

# Some machines tell Python to keep no bytecode. The tests start hundreds of processes, and a third of each one's start
# would be to compile the same files once more.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
look_seldom()
_folder = Path(tempfile.mkdtemp(prefix="flowbit-tests-"))
_pooled = os.environ.get("FLOWBIT_TEST_POOLED") == "1"
_own_postgres = _pooled or "DATABASE_URL" not in os.environ
os.environ["FLOWBIT_FOLDER"] = str(_folder)
os.environ["FLOWBIT_APPS"] = "tests.sample"
_servers = Servers(_folder, postgres=_own_postgres, redis="REDIS_URL" not in os.environ)
_pooler = pooler.Pooler(addresses.runtime_dir(_folder) / "pooler", pooler.embedded(_folder))
if _pooled:
    os.environ["DATABASE_URL"] = _pooler.url(addresses.DATABASE)
    os.environ["FLOWBIT_PGBOUNCER"] = "1"


def pytest_configure(config: pytest.Config) -> None:
    if config.option.collectonly or config.option.help or _hands_out(config):
        return
    if _pooled and pooler.binary() is None:
        raise pytest.UsageError("FLOWBIT_TEST_POOLED: there is no pgbouncer; install Debian's package of that name")
    _servers.start()
    if _own_postgres:
        _spare_the_disk()
    if _pooled:
        # The pooler's idle connections would keep PostgreSQL from dropping the database; it goes with the folder.
        config.option.reuse_db = True
        _pooler.start()


def _spare_the_disk() -> None:
    """No test kills this server, so no commit needs to wait until it is on a disk. Those that are killed do wait."""
    with psycopg.connect(addresses.database_url(_folder), autocommit=True) as connection:
        connection.execute(f"alter role {addresses.USER} set synchronous_commit = off")


def pytest_collection_finish() -> None:
    """Thousands of tests and their modules: they stay."""
    spare_collections()


def _hands_out(config: pytest.Config) -> bool:
    """Whether this process runs no test itself but spreads them (`-n 2`): each of the others has its own servers."""
    return bool(getattr(config.option, "numprocesses", None)) and not hasattr(config, "workerinput")


def pytest_unconfigure() -> None:
    _pooler.stop()
    _servers.erase()
