"""A pytest plugin: PostgreSQL and Redis of our own in a temporary folder, unless the environment names others.

A plugin and not a conftest, because the servers' folder must be known before Django's settings are read.
"""

import os
import tempfile
from pathlib import Path

import pytest

from flowbit.embedded.servers import Servers

_folder = Path(tempfile.mkdtemp(prefix="flowbit-tests-"))
os.environ["FLOWBIT_FOLDER"] = str(_folder)
os.environ["FLOWBIT_APPS"] = "tests.sample"
_servers = Servers(_folder, postgres="DATABASE_URL" not in os.environ, redis="REDIS_URL" not in os.environ)


def pytest_configure(config: pytest.Config) -> None:
    if not config.option.collectonly and not config.option.help:
        _servers.start()


def pytest_unconfigure() -> None:
    _servers.erase()
