"""What operators do in mid-run (`manage.py chaosoperator`).

Cancels, retries, replays, edits, pauses, cordons; which jobs it meets depends on the run, which verbs on the seed.
"""

import time
from collections.abc import Callable
from random import Random
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection

from benchmarks.chaos.journal import Journal
from benchmarks.chaos.orders import QUEUES
from jobs.errors import Conflict, NotFound
from jobs.models import DeadLetter, Job, Queue, Worker
from jobs.services import dead_letters, queues, steer, workers
from jobs.services.audit import Actor
from jobs.services.steer import Changes

_ME = Actor(None, "chaos", "shell")
_LOOK = 200


class Operator:
    """One `turn()` is one verb on a few things; the count is what it moved."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._verbs: dict[str, tuple[int, Callable[[], int]]] = {
            "cancel": (30, self._cancel),
            "retry": (20, self._retry),
            "replay": (20, self._replay),
            "edit": (10, self._edit),
            "pause": (6, self._pause),
            "cordon": (6, self._cordon),
        }

    def turn(self) -> tuple[str, int]:
        names = list(self._verbs)
        (name,) = self._chance.choices(names, [self._verbs[name][0] for name in names])
        return name, self._verbs[name][1]()

    def _cancel(self) -> int:
        return len(steer.cancel(self._some("queued", "running", "scheduled", "retrying", "blocked"), _ME).moved)

    def _retry(self) -> int:
        return len(steer.retry(self._some("failed", "cancelled"), _ME).moved)

    def _replay(self) -> int:
        keys = list(DeadLetter.objects.order_by("-id").values_list("id", flat=True)[:_LOOK])
        return len(dead_letters.replay(self._chance.sample(keys, min(len(keys), 8)), _ME).moved)

    def _edit(self) -> int:
        changes = Changes(priority=self._chance.randint(0, 10), queue=self._chance.choice(QUEUES))
        return len(steer.edit(self._some("queued", "scheduled", "retrying"), _ME, changes).moved)

    def _pause(self) -> int:
        queue = self._chance.choice(QUEUES)
        queues.pause(queue, _ME, reason="chaos")
        time.sleep(0.3)
        queues.resume(queue, _ME)
        return 1

    def _cordon(self) -> int:
        alive = sorted(Worker.objects.alive().values_list("id", flat=True))
        if not alive:
            return 0
        worker = self._chance.choice(alive)
        workers.cordon(worker, _ME, reason="chaos")
        time.sleep(0.3)
        workers.resume(worker, _ME)
        return 1

    def _some(self, *states: str) -> list[UUID]:
        state = self._chance.choice(states)
        ids = list(Job.objects.filter(state=state).order_by("-id").values_list("id", flat=True)[:_LOOK])
        return self._chance.sample(ids, min(len(ids), self._chance.randint(1, 8)))


def open_everything() -> None:
    """End pauses and cordons that a lost connection left behind. Raises DatabaseError while PostgreSQL is away."""
    for name in Queue.objects.exclude(mode=Queue.Mode.OPEN).values_list("name", flat=True):
        queues.resume(name, _ME)
    for worker in Worker.objects.alive().filter(mode=Worker.Mode.CORDONED).values_list("id", flat=True):
        workers.resume(worker, _ME)


def steer_for(seed: int, verbs: int, seconds: float, journal: Journal) -> None:
    """`verbs` of them, spread over `seconds`; what became of each is written down."""
    operator = Operator(Random(f"operators {seed}"))  # noqa: S311 - chance, not secrets
    for _ in range(verbs):
        time.sleep(seconds / verbs)
        try:
            journal.did(*operator.turn())
        except (Conflict, NotFound):
            journal.did("conflict", 0)
        except (DatabaseError, InterfaceError):
            connection.close()
            journal.did("away", -1)
