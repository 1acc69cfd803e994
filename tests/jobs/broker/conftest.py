"""Every test that asks for `broker` runs on a single Redis and on a Redis Cluster."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import redis
from pytest_django import Settings

from jobs.broker import Broker
from jobs.conf import options
from tests.redis_cluster import RedisCluster


@pytest.fixture(params=["server", pytest.param("cluster", marks=pytest.mark.cluster)])
def where(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Which of the two the options name."""
    if request.param == "cluster":
        settings.FLOWBIT = replace(settings.FLOWBIT, redis_url=request.getfixturevalue("redis_cluster").url)
    return str(request.param)


@pytest.fixture
def broker(where: str, broker: Broker) -> Broker:
    return broker


@pytest.fixture
def raw(where: str, request: pytest.FixtureRequest) -> Iterator[redis.Redis | redis.RedisCluster]:
    """Redis itself, past the broker."""
    if where == "cluster":
        cluster: RedisCluster = request.getfixturevalue("redis_cluster")
        client: redis.Redis | redis.RedisCluster = redis.RedisCluster(port=cluster.nodes[0].port, host="127.0.0.1")
    else:
        client = redis.Redis.from_url(options().redis_url)
    yield client
    client.close()
