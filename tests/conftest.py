"""Fixtures for every test. The servers themselves are started by `tests.servers`."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection, transaction
from django.test import TransactionTestCase, override_settings

from jobs.broker import Broker, patient_broker
from jobs.metrics.page import page
from jobs.services.submit import known_queues
from tests.acceptance.system import System
from tests.failing import has_failed, pytest_runtest_makereport
from tests.redis_cluster import RedisCluster

__all__ = ["pytest_runtest_makereport"]

KEPT = {"django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}


def empty_tables(self: TransactionTestCase) -> None:
    """After a test that commits: delete its rows, and keep what migrations made (permissions and roles).

    Django truncates every table and makes permissions anew, which takes a second for each test.
    """
    names = sorted(set(connection.introspection.table_names()) - KEPT)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(";".join(f'delete from "{name}"' for name in names))


@pytest.fixture(autouse=True, scope="session")
def _quick() -> Iterator[None]:
    """Cheap passwords, too: a slow hash is what makes each sign-in take half a second."""
    hashers = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with hashers, pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables)
        yield


@pytest.fixture(autouse=True, scope="session")
def _patient() -> Iterator[None]:
    """A submit of a test waits for Redis: on a busy machine 200 ms pass, and most tests run no reconciler."""
    with override_settings(FLOWBIT=replace(settings.FLOWBIT, redis_timeout=30.0)):
        yield


@pytest.fixture(autouse=True)
def _fresh_memory() -> None:
    """The database is emptied between tests; what this process remembers of it must go too."""
    known_queues().clear()
    page.cache_clear()
    caches["throttles"].clear()


@pytest.fixture
def broker() -> Iterator[Broker]:
    """The real broker on an empty Redis (our keys only)."""
    found = patient_broker()
    found.flush()
    yield found
    found.flush()
    found.close()


@pytest.fixture(scope="session")
def redis_cluster() -> Iterator[RedisCluster]:
    """Started with the first test that needs it. A test that hurts it starts one of its own."""
    with RedisCluster() as cluster:
        yield cluster


@pytest.fixture
def system(request: pytest.FixtureRequest, transactional_db: None, broker: Broker, tmp_path: Path) -> Iterator[System]:
    """A running Flowbit: real worker and scheduler processes, all ended with the test."""
    running = System(tmp_path)
    yield running
    running.end(in_order=not has_failed(request))
