"""Whether PostgreSQL and Redis can be reached. What is told is for everybody: no address, no message of a server."""

import logging
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connection

from jobs.broker import Broker
from jobs.conf import options
from jobs.errors import BrokerUnavailable

logger = logging.getLogger(__name__)
TIMEOUT = 2.0  # seconds; libpq takes no less


def database() -> dict[str, Any]:
    """On a connection of its own, because the time-outs of the shared ones are for work."""
    return _timed("PostgreSQL", _ask_database)


def redis() -> dict[str, Any]:
    return _timed("Redis", _ask_redis)


def _timed(name: str, ask: Callable[[], str]) -> dict[str, Any]:
    """`ask` gives a problem, or nothing; an answer with a problem is `degraded`, no answer is `down`."""
    began = time.monotonic()
    try:
        problem = ask()
    except (psycopg.Error, BrokerUnavailable) as error:
        logger.warning("%s cannot be reached: %s", name, error)
        return {"status": "down", "problem": f"{name} cannot be reached"}
    latency = round((time.monotonic() - began) * 1000, 1)
    return {"status": "degraded" if problem else "ok", "latency_ms": latency} | (
        {"problem": problem} if problem else {}
    )


def _ask_database() -> str:
    parameters = connection.get_connection_params() | {"connect_timeout": int(TIMEOUT)}
    with psycopg.connect(**parameters) as own:
        own.execute("select 1")
    return ""


@lru_cache(maxsize=2)
def _broker(url: str, prefix: str) -> Broker:
    """Not the one of submits: a refused CONFIG must not open its circuit breaker."""
    return Broker(url, prefix, timeout=TIMEOUT / 2)


def _ask_redis() -> str:
    conf = options()
    broker = _broker(conf.redis_url, conf.key_prefix)
    broker.ping()
    try:
        policy = broker.eviction_policy()
    except BrokerUnavailable:  # a hosted Redis may not tell its configuration
        return ""
    wanted = ("noeviction", "unknown")
    return "" if policy in wanted else f"maxmemory-policy is {policy}; the queue wants noeviction"
