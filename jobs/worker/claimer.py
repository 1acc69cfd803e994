"""Redis -> PostgreSQL -> the local line: as much as free slots will begin soon, queue by queue in turn."""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError, connection

from jobs.broker import Broker
from jobs.conf import Options
from jobs.errors import BrokerUnavailable
from jobs.horizon import Shares, Speeds
from jobs.news import News
from jobs.registry import Registry
from jobs.services.rebuild import rebuild
from jobs.store.start import Started, start
from jobs.worker.hand import Hand, Running

logger = logging.getLogger(__name__)
_MOST = 500
"""Ids in one claim, and attempts in the local line."""
_LEAST_BUDGET = 0.05


@dataclass(slots=True)
class Permission:
    """Whether and from which queues to claim; the heartbeat writes it, the claimer reads it."""

    queues: dict[str, int] = field(default_factory=dict)
    active: bool = True


class Claimer:
    """One `turn()` claims once and says whether anything came; the child repeats it."""

    def __init__(
        self,
        worker: str,
        types: list[str],
        conf: Options,
        broker: Broker,
        registry: Registry,
        hand: Hand,
        speeds: Speeds,
        perform: Callable[[list[Running]], None],
        stopping: threading.Event,
    ) -> None:
        self._worker = worker
        self._types = types
        self._conf = conf
        self._broker = broker
        self._registry = registry
        self._hand = hand
        self._speeds = speeds
        self._perform = perform
        self._stopping = stopping
        self._shares = Shares()
        self._said_away = False
        self._some_lost = False
        self.all_asked = False
        """Whether the latest turn asked every queue, each answered, and none had anything."""
        self.permission = Permission()
        self.moved_at = time.monotonic()
        """When this thread last did something, and be it to find a server still away."""

    def moved(self) -> None:
        self.moved_at = time.monotonic()

    def turn(self) -> bool:
        """Claim from the queue whose turn it is, or the next that has something. False: nothing anywhere."""
        self.all_asked = self._some_lost = False
        budget, room = self._hand.budget, int(min(_MOST - self._hand.waiting, self._hand.left))
        if budget < _LEAST_BUDGET or room <= 0 or not self.permission.active:
            return False
        weights = dict(self.permission.queues)
        costs = self._speeds.costs(self._types, self._conf.horizon)
        for queue in self._shares.order(weights):
            if self._stopping.is_set():
                return False
            if self._claim(queue, costs, room, budget):
                self._shares.served(queue, weights)
                return True
        self._shares.idle()
        self.all_asked = not self._said_away and not self._some_lost
        return False

    def _claim(self, queue: str, costs: Mapping[str, float], room: int, budget: float) -> bool:
        self.moved()
        try:
            claim = self._broker.claim(queue, costs, most=room, budget=budget, seconds=self._conf.claim_deadline)
            if claim.status == "lost":
                self._some_lost = True
                return self._rebuild(queue)
            self._say_away(None)
        except BrokerUnavailable as error:
            self._say_away(error)
            return False
        if not claim.members:
            return False
        return self._begin(queue, claim.members, costs)

    def _rebuild(self, queue: str) -> bool:
        """Raises BrokerUnavailable; an absent PostgreSQL is waited for, a turn at a time."""
        try:
            return rebuild(self._broker, queue)
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            logger.warning("queue %s is not rebuilt, PostgreSQL does not answer: %s", queue, type(error).__name__)
            self._stopping.wait(1.0)
            return False

    def _begin(self, queue: str, members: list[bytes], costs: Mapping[str, float]) -> bool:
        token = random.getrandbits(62)
        jobs = self._start(token, queue, members)
        runs = [Running(job, self._registry.get(job.type), token, costs[job.type]) for job in jobs]
        self._hand.take(runs)
        self._perform(runs)
        self._tell(queue, members, jobs)
        return True

    def _tell(self, queue: str, members: list[bytes], jobs: list[Started]) -> None:
        """Redis need not keep the claims any more; what of them is running now counts as started."""
        types = Counter([job.type for job in jobs])
        news = News()
        news.attempts([("job.started", job, job.attempt) for job in jobs])
        try:
            self._broker.done(queue, members, {f"{type_}|started": count for type_, count in types.items()}, news)
        except BrokerUnavailable as error:
            self._say_away(error)

    def _start(self, token: int, queue: str, members: list[bytes]) -> list[Started]:
        """Ask until PostgreSQL answers: with the same token a repeated question begins nothing twice."""
        pause = 0.05
        while True:
            self.moved()
            try:
                return start(self._worker, token, queue, self._types, members)
            except (DatabaseError, InterfaceError) as error:
                connection.close()
                if self._stopping.is_set():
                    return []
                logger.warning("PostgreSQL does not answer, waiting: %s", type(error).__name__)
                self._stopping.wait(pause)
                pause = min(pause * 2, 1.0)

    def _say_away(self, error: BrokerUnavailable | None) -> None:
        """Say once that Redis is away, and once that it is back."""
        if error is not None and not self._said_away:
            logger.warning("waiting for Redis: %s", error)
        if error is None and self._said_away:
            logger.info("Redis is back")
        self._said_away = error is not None
        if error is not None:
            self._stopping.wait(self._conf.poll_interval)
