"""The page of the web process. Whoever asks how often: each store is read at most once a second."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from jobs.broker import Broker
from jobs.broker.client import Breaker
from jobs.conf import options
from jobs.errors import BrokerUnavailable, StoreUnavailable
from jobs.metrics import events, state
from jobs.metrics.formats import accepted
from jobs.queries import health
from jobs.queries.standing import Standing, standing
from jobs.tally import Counts

logger = logging.getLogger(__name__)
FRESH = 1.0
"""Seconds for which a reading is told again."""
PATIENCE = 5.0
"""Seconds that a caller waits for a reading that another one makes."""
_REDIS_TIMEOUT = 1.0


class Shown(NamedTuple):
    content_type: str
    body: bytes


class Reading(Collector):
    """What the stores said; None for one that did not answer."""

    def __init__(self, now: Standing | None, counts: Mapping[str, Counts] | None) -> None:
        self._now = now
        self._counts = counts
        self._shown: dict[str, bytes] = {}

    @property
    def is_blank(self) -> bool:
        return self._now is None and self._counts is None

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("flowbit_up", "Whether a store answers", labels=["store"])
        up.add_metric(["postgresql"], int(self._now is not None))
        up.add_metric(["redis"], int(self._counts is not None))
        yield up
        yield InfoMetricFamily("flowbit_build", "The release", {"version": options().service_version})
        yield from events.families(self._counts or {})
        if self._now is not None:
            yield from state.families(self._now)

    def shown(self, accept: str) -> Shown:
        """In the format that the header asks for; each is written once."""
        content_type, encode = accepted(accept)
        if content_type not in self._shown:
            self._shown[content_type] = encode(self)
        return Shown(content_type, self._shown[content_type])


class Page:
    """Reads the stores when the last reading is old; meanwhile, everybody else waits for that one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._queues: list[str] = []
        self._reading: Reading | None = None
        self._read_at = 0.0

    def show(self, accept: str) -> Shown:
        """Raises StoreUnavailable: neither store answers, or not in time."""
        if not self._lock.acquire(timeout=PATIENCE):
            raise StoreUnavailable("the figures cannot be read now, try again soon")
        try:
            reading = self._fresh()
            if reading.is_blank:
                raise StoreUnavailable("neither PostgreSQL nor Redis can be reached")
            return reading.shown(accept)
        finally:
            self._lock.release()

    def _fresh(self) -> Reading:
        if self._reading is None or self._clock() - self._read_at >= FRESH:
            self._reading = self._read()
            self._read_at = self._clock()
        return self._reading

    def _read(self) -> Reading:
        now = _ask_postgres()
        if now is not None:
            self._queues = now.queues
        return Reading(now, _ask_redis(self._queues))


def _ask_postgres() -> Standing | None:
    # On a connection of its own and with a short time-out; the ones for work wait for a silent server much longer.
    if health.database()["status"] == "down":
        return None
    try:
        return standing()
    except (OperationalError, InterfaceError) as error:
        connection.close()
        logger.warning("no figures of PostgreSQL: %s", type(error).__name__)
        return None


def _ask_redis(queues: list[str]) -> dict[str, dict[str, int]] | None:
    """By the queues that PostgreSQL knows, or knew when it last answered."""
    conf = options()
    broker = _broker(conf.redis_url, conf.key_prefix)
    try:
        broker.ping()
        return broker.all_totals(queues)
    except BrokerUnavailable as error:
        logger.warning("no figures of Redis: %s", error)
        return None


@lru_cache(maxsize=2)
def _broker(url: str, prefix: str) -> Broker:
    return Broker(url, prefix, timeout=_REDIS_TIMEOUT, breaker=Breaker())


@lru_cache(maxsize=1)
def page() -> Page:
    """The one of this process."""
    return Page()
