"""The state machine of a job, as data: one enum, one table of allowed moves.

SQL guards, API filters, the admin and the documentation all read it from here; `docs/states.md` draws it.
"""

from enum import StrEnum


class State(StrEnum):
    SCHEDULED = "scheduled"
    BLOCKED = "blocked"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """How one attempt ended; every attempt gets a row with one of these."""

    SUCCEEDED = "succeeded"
    RAISED = "raised"
    TIMED_OUT = "timed_out"
    LEASE_EXPIRED = "lease_expired"
    CANCELLED = "cancelled"
    RELEASED = "released"
    SNOOZED = "snoozed"


class DependencyPolicy(StrEnum):
    """What a parent that did not succeed means for its child."""

    BLOCK = "block"
    ALLOW_FAILED = "allow_failed"
    CANCEL = "cancel"


FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
"""Nothing but an operator's verb moves a job out of these."""

WAITING = frozenset({State.SCHEDULED, State.BLOCKED, State.QUEUED, State.RETRYING})
"""Not final and not in a worker's hands: cancelled, edited and expired at once."""

LIVE = WAITING | {State.RUNNING}

MOVES: dict[State, frozenset[State]] = {
    State.SCHEDULED: frozenset({State.QUEUED, State.CANCELLED}),
    State.BLOCKED: frozenset({State.QUEUED, State.SCHEDULED, State.CANCELLED}),
    State.QUEUED: frozenset({State.RUNNING, State.SCHEDULED, State.CANCELLED}),
    State.RUNNING: frozenset(
        {State.SUCCEEDED, State.RETRYING, State.FAILED, State.CANCELLED, State.QUEUED, State.SCHEDULED}
    ),
    State.RETRYING: frozenset({State.QUEUED, State.CANCELLED}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset({State.QUEUED, State.BLOCKED, State.SCHEDULED}),
    State.CANCELLED: frozenset({State.QUEUED, State.BLOCKED}),
}
"""`MOVES[a]` holds every state that a job in `a` may go to next.

An edit of `run_at` explains queued -> scheduled; retry and replay explain the moves out of failed and
cancelled (back to blocked while a dependency is still unmet; scheduled by a replay at a rate)."""

ALIASES = {
    "pending": State.QUEUED,
    "active": State.RUNNING,
    "completed": State.SUCCEEDED,
    "canceled": State.CANCELLED,
    "dead": State.FAILED,
}
"""Words that people bring along from elsewhere; filters accept them."""


PARKED = "parked"
"""What people see of a queued job whose type no living worker runs: derived, never stored, so it rewrites no rows."""


def sources(target: State) -> list[str]:
    """The states from which a job may move to `target`: the guard of that move's UPDATE."""
    return sorted(state.value for state, targets in MOVES.items() if target in targets)


def parse(word: str) -> State:
    """The state that `word` names, by its own name or by a familiar one.

    Raises:
        ValueError: no state is called that.
    """
    lowered = word.strip().lower()
    return ALIASES.get(lowered) or State(lowered)
