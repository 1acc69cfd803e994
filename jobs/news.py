"""What happened, as those who listen may hear it: told one by one while it is little, counted where it is much. Pure.

It names no payload, no result and no error's text. Kinds are `job.succeeded`, `queue.paused`, `worker.lost`, ...
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol
from uuid import UUID

import orjson

from jobs.states import State

ONE_BY_ONE = 50
"""Jobs of a batch that are named; of more it is only said how many, by kind, queue, tenant and owner."""
MOST_GROUPS = 64
"""Beyond so many, tenants and owners are left out."""

OF_STATE: Mapping[str, str] = MappingProxyType(
    {
        State.BLOCKED: "job.blocked",
        State.SCHEDULED: "job.snoozed",
        State.QUEUED: "job.released",
        State.RETRYING: "job.retrying",
        State.SUCCEEDED: "job.succeeded",
        State.FAILED: "job.failed",
        State.CANCELLED: "job.cancelled",
    }
)
"""What the end of an attempt is called, by the state that its job has then."""


class Told(NamedTuple):
    """One thing that happened, or a kind of it so many times.

    `tenant_id` is None where many jobs of whoever were counted together. `name` is a worker's, a scheduler's or that of
    another thing that is no job.
    """

    kind: str
    queue: str = ""
    tenant_id: str | None = ""
    owner_id: int | None = None
    times: int = 1
    job_id: str = ""
    type: str = ""
    attempt: int = 0
    name: str = ""
    actor: str = ""


class Place(Protocol):
    """A job, by where it belongs."""

    @property
    def id(self) -> UUID: ...
    @property
    def queue(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def tenant_id(self) -> str: ...
    @property
    def owner_id(self) -> int | None: ...


class News:
    """Gathers what a batch or a verb did. Not thread-safe: one for each."""

    def __init__(self, *others: Told) -> None:
        self._jobs: list[tuple[str, Place, int]] = []
        self._others = list(others)
        self._actor = ""

    @classmethod
    def of(cls, kind: str, jobs: Iterable[Place], actor: str = "") -> "News":
        made = cls()
        made._actor = actor
        made.add(kind, jobs)
        return made

    def add(self, kind: str, jobs: Iterable[Place]) -> None:
        self._jobs += [(kind, job, 0) for job in jobs]

    def attempts(self, them: Iterable[tuple[str, Place, int]]) -> None:
        """Each with what happened to it, its job and its number (0: to the job as a whole)."""
        self._jobs += them

    def tell(self, told: Told) -> None:
        self._others.append(told)

    def __bool__(self) -> bool:
        return bool(self._jobs or self._others)

    def told(self) -> list[Told]:
        if len(self._jobs) <= ONE_BY_ONE:
            return self._others + [
                Told(kind, job.queue, job.tenant_id, job.owner_id, 1, str(job.id), job.type, number, "", self._actor)
                for kind, job, number in self._jobs
            ]
        groups = Counter([(kind, job.queue, job.tenant_id, job.owner_id) for kind, job, _ in self._jobs])
        return self._others + (_coarse(groups) if len(groups) > MOST_GROUPS else _counted(groups))

    def encode(self) -> bytes:
        return orjson.dumps([tuple(one) for one in self.told()])


def _counted(groups: Mapping[tuple[str, str, str, int | None], int]) -> list[Told]:
    return [Told(*group, count) for group, count in groups.items()]


def _coarse(groups: Mapping[tuple[str, str, str, int | None], int]) -> list[Told]:
    found: Counter[tuple[str, str]] = Counter()
    for (kind, queue, _, _), count in groups.items():
        found[kind, queue] += count
    return [Told(kind, queue, None, None, count) for (kind, queue), count in found.items()]


def decode(text: bytes) -> list[Told]:
    """What `encode` made, here or in a later release. What is no news of ours is none."""
    try:
        found = [Told(*item[: len(Told._fields)]) for item in orjson.loads(text)]
    except (ValueError, TypeError, LookupError):
        return []
    return [one for one in found if isinstance(one.kind, str) and isinstance(one.times, int)]
