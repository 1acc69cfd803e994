"""Servers that a test may take away: proxies in front of the suite's own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.conf import settings
from django.db import connection

from flowbit.embedded.postgres import Postgres
from tests.acceptance import own
from tests.acceptance.proxy import Address, Proxy
from tests.acceptance.wire import POSTGRES, REDIS
from tests.jobs.real_worker import database_url


@pytest.fixture
def sockets() -> Iterator[Path]:
    """A folder with a short name: pytest's own are too long for the path of a socket."""
    with tempfile.TemporaryDirectory(prefix="flowbit-proxy-") as folder:
        yield Path(folder)


@pytest.fixture
def postgres(transactional_db: None, sockets: Path) -> Iterator[Proxy]:
    """A proxy in front of PostgreSQL, for processes that are started with its `environment`."""
    server = connection.settings_dict
    port = str(server["PORT"] or "5432")
    upstream: Address = f"{server['HOST']}/.s.PGSQL.{port}"
    if not server["HOST"].startswith("/"):
        upstream = (server["HOST"], int(port))
    url = database_url(**{**server, "HOST": str(sockets), "PORT": ""})
    proxy = Proxy(upstream, sockets / ".s.PGSQL.5432", POSTGRES, {"DATABASE_URL": url})
    yield proxy
    proxy.close()


@pytest.fixture
def redis(sockets: Path) -> Iterator[Proxy]:
    """A proxy in front of Redis, for processes that are started with its `environment`."""
    url = urlsplit(settings.FLOWBIT.redis_url)
    upstream: Address = unquote(url.path) if url.scheme == "unix" else (url.hostname or "127.0.0.1", url.port or 6379)
    path = sockets / "redis.sock"
    database = url.query or f"db={url.path.strip('/') or 0}"
    proxy = Proxy(upstream, path, REDIS, {"REDIS_URL": f"unix://{path}?{database}"})
    yield proxy
    proxy.close()


@pytest.fixture(scope="session")
def own_cluster() -> Iterator[own.Cluster]:
    """A second PostgreSQL: to make one takes seconds, so all tests that kill it share it."""
    with own.folder() as folder:
        server = Postgres(folder)
        server.start()
        yield own.Cluster(folder, server)
        server.stop()


@pytest.fixture
def own_postgres(transactional_db: None, own_cluster: own.Cluster) -> Iterator[Postgres]:
    """A PostgreSQL that may be killed; this process, and the system that it starts, use no other."""
    with own.used(own_cluster):
        yield own_cluster.server
