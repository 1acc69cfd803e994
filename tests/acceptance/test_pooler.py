"""The engine behind a transaction pooler: every statement may meet another session of PostgreSQL."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from flowbit.embedded.servers import Servers
from jobs import services
from jobs.models import Job
from tests import pooler
from tests.acceptance.system import System
from tests.pooler import Pooler

pytestmark = pytest.mark.acceptance


@pytest.fixture(autouse=True)
def _installed() -> None:
    if pooler.binary() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no pgbouncer on this machine")
        pytest.skip("no pgbouncer on this machine")


@pytest.fixture
def home() -> Iterator[Path]:
    """Short, for sockets, and of nobody's ownership but ours; an account of PostgreSQL may pass through it."""
    with tempfile.TemporaryDirectory(prefix="flowbit-pooler-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@contextmanager
def started(sockets: Path, upstream: dict[str, str]) -> Iterator[Pooler]:
    found = Pooler(sockets, upstream)
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture
def pooled(home: Path, transactional_db: None) -> Iterator[Pooler]:
    """In front of the tests' database. Before `system` among a test's fixtures, so that it ends after its processes."""
    words = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}
    database = connection.settings_dict
    upstream = {word: str(database[name]) for name, word in words.items() if database[name]}
    with started(home / "sockets", upstream) as found:
        yield found


def test_jobs_run_and_are_retried_and_wait_for_each_other(pooled: Pooler, system: System) -> None:
    environment = {"DATABASE_URL": pooled.url(connection.settings_dict["NAME"]), "FLOWBIT_PGBOUNCER": "1"}
    system.scheduler(**environment)
    worker = system.worker("--processes", "2", **environment)
    requests = [services.JobRequest(type="test.work", payload={}) for _ in range(100)]
    requests += [services.JobRequest(type="test.work_async", payload={}, delay=0.2) for _ in range(40)]
    requests += [services.JobRequest(type="test.fails", payload={"times": 1}) for _ in range(40)]
    parents = [services.DependsOn(request.id) for request in requests[:10]]
    requests += [services.JobRequest(type="test.gather", dependencies=parents) for _ in range(20)]
    services.enqueue_many(requests)
    jobs = system.until_final(*(request.id for request in requests))
    assert Counter((job.type, job.state, job.tries) for job in jobs) == {
        ("test.work", "succeeded", 1): 100,
        ("test.work_async", "succeeded", 1): 40,
        ("test.fails", "succeeded", 2): 40,
        ("test.gather", "succeeded", 1): 20,
    }
    assert not Job.objects.exclude(state="succeeded").exists()
    assert "Traceback" not in worker.text()


@pytest.mark.timeout(120, func_only=True)
@pytest.mark.django_db
def test_a_pooler_without_postgresql_holds_up_no_request(
    home: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = Servers(home / "data", redis=False)
    try:
        servers.start()
        with started(home / "sockets", pooler.embedded(servers.folder)):
            for name, value in {"HOST": str(home / "sockets"), "PORT": str(pooler.PORT), "NAME": "postgres"}.items():
                monkeypatch.setitem(connection.settings_dict, name, value)
            assert client.get("/health").status_code == 200
            servers.stop()
            assert client.get("/health").status_code == 503
    finally:
        servers.erase()
