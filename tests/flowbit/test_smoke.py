"""`manage.py smoke`, with the tests' own servers and a real worker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.migrations.recorder import MigrationRecorder

from flowbit import smoke
from jobs.broker import Broker
from jobs.conf import options
from jobs.models import Queue
from tests.jobs.real_worker import worker


@pytest.fixture
def evicting(broker: Broker) -> Iterator[None]:
    """A Redis that would drop keys when it is full."""
    broker._client.config_set("maxmemory-policy", "allkeys-lru")
    yield
    broker._client.config_set("maxmemory-policy", "noeviction")


@pytest.mark.django_db(transaction=True)
def test_everything_is_in_order(broker: Broker) -> None:
    with worker():
        found = list(smoke.run(worker_within=60))
    assert [finding.name for finding in found] == ["postgresql", "redis", "migrations", "workers", "echo"]
    assert [finding.text for finding in found if not finding.ok] == []
    assert found[-1].text.startswith("there and back in ")


@pytest.mark.django_db
def test_without_a_worker_it_says_what_to_do() -> None:
    *before, last = smoke.run(worker_within=0)
    assert all(finding.ok for finding in before)
    assert last == smoke.Finding("workers", False, f"no live worker: {smoke.HOW_TO_START}")


@pytest.mark.django_db
def test_a_missing_migration_is_named() -> None:
    MigrationRecorder.Migration.objects.filter(app="jobs").delete()
    with pytest.raises(smoke.Wrong, match=r"jobs\.0001_initial: run `manage.py migrate`"):
        smoke.migrations()


@pytest.mark.django_db
def test_a_paused_queue_is_named() -> None:
    Queue.objects.create(name="default", mode="paused", why="stocktaking")
    with pytest.raises(smoke.Wrong, match="the queue default is paused .stocktaking."):
        smoke.echo(0)


@pytest.mark.django_db
def test_an_echo_that_does_not_come_back() -> None:
    with pytest.raises(smoke.Wrong, match="is still queued after 0 s"):
        smoke.echo(0)


@pytest.mark.django_db
@pytest.mark.usefixtures("evicting")
def test_an_eviction_policy_is_named() -> None:
    with pytest.raises(smoke.Wrong, match="allkeys-lru: set it to noeviction"):
        smoke.redis()


@pytest.mark.django_db
def test_an_absent_redis_is_named_and_nothing_else_is_tried(settings: Any) -> None:
    settings.FLOWBIT = replace(options(), redis_url="redis://127.0.0.1:1")
    output = StringIO()
    with pytest.raises(CommandError, match="2 of the checks failed"):
        call_command("smoke", stdout=output)
    lines = output.getvalue().splitlines()
    assert [line.split()[1] for line in lines] == ["postgresql:", "redis:", "the"]
    assert "Redis does not answer" in lines[1]


def test_an_absent_postgresql_is_told_without_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, str(django_settings.BASE_DIR / "manage.py"), "smoke"],
        env={**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "WRONG postgresql: " in done.stdout and "refused" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
