"""Many entries of the feed made into few messages. Pure.

`put` takes what happened, `take` gives what there is to say of it and forgets it.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Protocol

from jobs.news import Told

MOST_NAMED = 20
"""Events of a message that are told one by one; of more it is only said how many."""
MOST_JOBS = 20
MOST_QUEUES = 100


class Gathering(Protocol):
    def put(self, told: Told, event_id: str, at: int) -> None: ...

    def take(self) -> dict[str, Any] | None:
        """The message without its id; None when there is nothing to say."""
        ...


class Events:
    """`{"type": "events", "events": [...], "counts": [...]}`: few by name, many as counts."""

    def __init__(self, most: int = MOST_NAMED) -> None:
        self._most = most
        self._named: list[tuple[Told, str, int]] = []
        self._counts: Counter[tuple[str, str]] = Counter()

    def put(self, told: Told, event_id: str, at: int) -> None:
        if told.times > 1 or len(self._named) >= self._most:
            self._counts[told.kind, told.queue] += told.times
        else:
            self._named.append((told, event_id, at))

    def take(self) -> dict[str, Any] | None:
        if not self._named and not self._counts:
            return None
        counts = [{"kind": kind, "queue": queue, "count": count} for (kind, queue), count in self._counts.items()]
        made = {"type": "events", "events": [event(*one) for one in self._named], "counts": counts}
        self._named, self._counts = [], Counter()
        return made


class Changes:
    """`{"type": "changed", "kinds": {kind: count}, "queues": [...], "jobs": [ids]}`: only what to look at again."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._queues: dict[str, None] = {}
        self._jobs: dict[str, None] = {}

    def put(self, told: Told, event_id: str, at: int) -> None:
        self._kinds[told.kind] += told.times
        _note(self._queues, told.queue, MOST_QUEUES)
        _note(self._jobs, told.job_id, MOST_JOBS)

    def take(self) -> dict[str, Any] | None:
        if not self._kinds:
            return None
        made = {
            "type": "changed",
            "kinds": dict(self._kinds),
            "queues": sorted(self._queues),
            "jobs": list(self._jobs),
        }
        self._kinds, self._queues, self._jobs = Counter(), {}, {}
        return made


def event(told: Told, event_id: str, at: int) -> dict[str, Any]:
    """One event as a listener gets it; what it does not have is left out. `at` is a Unix time in milliseconds."""
    when = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    made: dict[str, Any] = {"id": event_id, "kind": told.kind, "at": when}
    if told.job_id:
        made |= {"job_id": told.job_id, "job_type": told.type, "tenant_id": told.tenant_id}
    named: dict[str, Any] = {"attempt": told.attempt, "queue": told.queue, "name": told.name, "actor": told.actor}
    return made | {name: value for name, value in named.items() if value}


def _note(found: dict[str, None], name: str, most: int) -> None:
    if name and len(found) < most:
        found[name] = None
