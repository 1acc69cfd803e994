"""What is known of a waiting job, and what a reason is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Target(NamedTuple):
    """What to look at or steer: a queue, a job, all workers (no key), the schedulers (none), the stores (none)."""

    kind: str
    key: str = ""


class Reason(NamedTuple):
    """`text` says what holds the job up, `help` what would help. One that does not hold only informs: its place."""

    code: str
    text: str
    help: str
    target: Target | None = None
    until: datetime | None = None
    holds: bool = True


class Upstream(NamedTuple):
    """A job that this one waits for; `state` is None when it is gone, or may not be seen by who asks."""

    id: UUID
    label: str
    policy: str
    state: str | None
    type: str


class Crew(NamedTuple):
    """Of living workers: all, those that serve the queue, those of them that know the type, and of these the active
    ones with their slots."""

    alive: int = 0
    serving: int = 0
    knowing: int = 0
    active: int = 0
    slots: int = 0
    busy: int = 0


class Spot(NamedTuple):
    """Where Redis has a queued job. `ahead` counts what open lanes of types that workers know hold before it."""

    where: str
    complete: bool
    closed_until: datetime | None
    ahead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`mode` is the queue's; `spot` is None when Redis does not answer. `heals` is within how many seconds the
    reconciler brings a job that Redis lacks."""

    id: UUID
    type: str
    queue: str
    state: str
    now: datetime
    run_at: datetime
    expires_at: datetime | None
    attempt: int
    tries: int
    max_attempts: int
    unmet: int
    reason: str
    last_error: str
    mode: str = "open"
    until: datetime | None = None
    by: str = ""
    why: str = ""
    led: bool = True
    crew: Crew = field(default_factory=Crew)
    upstreams: Sequence[Upstream] = ()
    spot: Spot | None = None
    heals: float = 12.0
