"""When all is quiet: Redis is given ghosts and robbed of jobs, and must agree with PostgreSQL again by itself."""

import time
from collections.abc import Callable
from uuid import UUID

from benchmarks.chaos import rows
from benchmarks.chaos.journal import Journal
from benchmarks.chaos.orders import QUEUES
from jobs import services
from jobs.broker import Broker
from jobs.ids import milliseconds, uuid7s
from jobs.ready import Ready

_EACH = 40
_PATIENCE = 30.0
TYPE = "chaos.sync"


def submit_probes(first: int, journal: Journal) -> list[UUID]:
    """Jobs for the exam, while no worker runs; their numbers begin at `first`."""
    requests = [
        services.JobRequest(type=TYPE, payload={"n": first + place}, queue=QUEUES[place % len(QUEUES)])
        for place in range(_EACH * len(QUEUES))
    ]
    journal.asked((first + place, request.id) for place, request in enumerate(requests))
    answers = services.enqueue_many(requests)
    journal.accepted((request.id, answer.id) for request, answer in zip(requests, answers, strict=True))
    return [answer.id for answer in answers]


def tamper(broker: Broker, probes: list[UUID]) -> None:
    """Every second probe is taken out of Redis, a tenth stays claimed for ever, and ghosts are put in."""
    for queue in QUEUES:
        broker.drop(queue, TYPE, probes[::2])
        broker.claim(queue, {TYPE: 1.0}, most=_EACH // 10, budget=float(_EACH), seconds=0.5)
        broker.push([Ready(ghost, queue, TYPE, 5, milliseconds(ghost)) for ghost in uuid7s(_EACH)])


def agree(broker: Broker, still: Callable[[], None]) -> list[str]:
    """Wait until both agree; what still differs after half a minute, one sentence each."""
    deadline = time.monotonic() + _PATIENCE
    while found := list(_differences(broker)):
        if time.monotonic() > deadline:
            return found
        still()
        time.sleep(0.2)
    return []


def _differences(broker: Broker) -> list[str]:
    queued = rows.queued()
    found = []
    for queue in QUEUES:
        known = _known(broker, queue)
        wanted = queued.get(queue, set())
        if missing := wanted - known:
            found.append(f"Redis lacks {len(missing)} queued jobs of queue {queue}")
        if ghosts := known - wanted:
            found.append(f"Redis has {len(ghosts)} ids in queue {queue} that PostgreSQL has not queued")
        if claimed := broker.claimed(queue):
            found.append(f"Redis has {claimed} claims in queue {queue} that nobody holds")
    return found


def _known(broker: Broker, queue: str) -> set[UUID]:
    """Every id in the lanes of a queue."""
    ids: set[UUID] = set()
    for lane in broker.lanes(queue):
        cursor, some = broker.scan(queue, lane, 0, 1000)
        ids.update(some)
        while cursor:
            cursor, some = broker.scan(queue, lane, cursor, 1000)
            ids.update(some)
    return ids
