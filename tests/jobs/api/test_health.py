import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from pytest_django import Settings

from tests.redis_cluster import RedisCluster

pytestmark = pytest.mark.django_db
SILENT_WAIT = 30  # far more than it may take, far less than for ever


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_all_is_well(client: Client) -> None:
    answer = client.get("/health")
    body = answer.json()
    assert (answer.status_code, body["status"]) == (200, "ok")
    assert (body["postgresql"]["status"], body["redis"]["status"]) == ("ok", "ok")
    assert client.get("/api/v1/health").json()["status"] == "ok"
    assert client.post("/health").status_code == 405


@pytest.mark.parametrize("kind", ["", "+cluster", "+sentinel"])
def test_without_redis_it_is_degraded_and_still_accepts_jobs(client: Client, settings: Settings, kind: str) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, redis_url=f"redis{kind}://127.0.0.1:1")
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["redis"] == {"status": "down", "problem": "Redis cannot be reached"}


@pytest.mark.timeout(SILENT_WAIT, func_only=True)
@pytest.mark.parametrize("kind", ["", "+cluster", "+sentinel"])
def test_a_silent_redis_does_not_hold_it_up(client: Client, settings: Settings, silent_port: int, kind: str) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, redis_url=f"redis{kind}://127.0.0.1:{silent_port}")
    assert client.get("/health").json()["status"] == "degraded"


@pytest.mark.cluster
def test_a_cluster_is_well_and_degraded_when_one_of_its_nodes_is_gone(client: Client, settings: Settings) -> None:
    with RedisCluster() as cluster:
        settings.FLOWBIT = replace(settings.FLOWBIT, redis_url=cluster.url)
        assert client.get("/health").json()["status"] == "ok"
        cluster.nodes[2].stop()
        answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["redis"] == {"status": "down", "problem": "Redis cannot be reached"}


def test_without_postgresql_it_is_down(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert int(answer["Retry-After"]) > 0
    assert "127.0.0.1" not in answer.content.decode()


@pytest.mark.timeout(SILENT_WAIT, func_only=True)
def test_a_silent_postgresql_does_not_hold_it_up(
    client: Client, monkeypatch: pytest.MonkeyPatch, silent_port: int
) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", str(silent_port))
    assert client.get("/health").status_code == 503


def test_a_redis_that_forgets_under_pressure_is_named(client: Client) -> None:
    direct = redis.Redis.from_url(django_settings.FLOWBIT.redis_url)
    direct.config_set("maxmemory-policy", "allkeys-lru")
    try:
        answer = client.get("/health")
    finally:
        direct.config_set("maxmemory-policy", "noeviction")
        direct.close()
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert "allkeys-lru" in answer.json()["redis"]["problem"]
