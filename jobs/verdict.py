"""What the end of an attempt means for its job. Pure: chance is an argument, nothing is written here."""

from dataclasses import dataclass

from jobs import outcomes
from jobs.fingerprint import fingerprint
from jobs.retry import RetryPolicy
from jobs.settlement import Settlement
from jobs.states import Outcome, State

_SUCCESS = (Outcome.SUCCEEDED, State.SUCCEEDED)
"""Looked up once: before Python 3.12 a member of an enumeration takes as long as a call."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a job has left: `tries` used before this attempt, of `max_attempts`, and how retries are spaced."""

    tries: int
    max_attempts: int
    policy: RetryPolicy


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as it is kept: class, message, frames (JSON text), and `file:function` of the innermost frame."""

    error_type: str
    message: str
    frames: str | None = None
    place: str = ""


def failed(
    settlement: Settlement,
    failure: Failure,
    budget: Budget,
    chance: float,
    *,
    outcome: Outcome = Outcome.RAISED,
    after: float | None = None,
    for_good: bool = False,
) -> Settlement:
    """The attempt used a try and did not succeed: again after a delay, or failed for good."""
    settlement.outcome = outcome
    settlement.error_type = failure.error_type
    settlement.error_message = failure.message
    settlement.traceback = failure.frames
    used = budget.tries + 1
    exhausted = used >= budget.max_attempts or (budget.policy.policy == "none" and after is None)
    if for_good or exhausted:
        settlement.state = State.FAILED
        settlement.fingerprint = fingerprint(failure.error_type, failure.message, failure.place)
    else:
        settlement.state = State.RETRYING
        settlement.delay = budget.policy.delay(used, chance) if after is None else after
    return settlement


def raised(
    settlement: Settlement, error: outcomes.Verdict, failure: Failure, budget: Budget, chance: float
) -> Settlement:
    """The handler said itself how its attempt ends; its reason is the failure's message, which can be stored."""
    if isinstance(error, outcomes.Snooze):
        settlement.outcome, settlement.state = Outcome.SNOOZED, State.SCHEDULED
        settlement.uses_try, settlement.delay, settlement.reason = False, error.after, failure.message or None
        return settlement
    if isinstance(error, outcomes.Cancel):
        return cancelled(settlement, failure.message or "cancelled by its handler")
    after = error.after if isinstance(error, outcomes.Retry) else None
    return failed(settlement, failure, budget, chance, after=after, for_good=isinstance(error, outcomes.Discard))


def cancelled(settlement: Settlement, reason: str | None) -> Settlement:
    settlement.outcome, settlement.state, settlement.reason = Outcome.CANCELLED, State.CANCELLED, reason
    return settlement


def released(settlement: Settlement, reason: str) -> Settlement:
    """Not begun, or stopped through no fault of its own: back in line, no try used."""
    settlement.outcome, settlement.state = Outcome.RELEASED, State.QUEUED
    settlement.uses_try, settlement.error_message = False, None
    settlement.reason = reason
    return settlement


def succeeded(settlement: Settlement, result: str | None, artifact: str | None) -> Settlement:
    settlement.outcome, settlement.state = _SUCCESS
    settlement.result, settlement.artifact = result, artifact
    return settlement
