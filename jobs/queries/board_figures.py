"""The numbers about a board: how many stand in each state, and how the last hour went."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.models import Job
from jobs.queries import statistics
from jobs.queries.board import Board, Glimpse
from jobs.queries.live_counts import live_counts
from jobs.states import LIVE, WAITING, State

CEILING = 100
"""Up to here waiting jobs are counted; above, the scheduler's last count is told."""
MINUTES = 60
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Count:
    """`more` means at least so many, `about` that the number is some seconds old."""

    number: int
    more: bool = False
    about: bool = False


@dataclass(frozen=True, slots=True)
class Minute:
    at: datetime
    succeeded: int = 0
    failed: int = 0

    @property
    def ended(self) -> int:
        return self.succeeded + self.failed

    @property
    def success(self) -> float | None:
        """The share of what ended; None when nothing did."""
        return self.succeeded / self.ended if self.ended else None

    @property
    def failure(self) -> float | None:
        return self.failed / self.ended if self.ended else None


@dataclass(frozen=True, slots=True)
class BoardFigures:
    """`states` counts those who stand in a live state now, and what ended so in the last hour."""

    states: dict[str, Count]
    minutes: list[Minute]

    @property
    def depth(self) -> Count:
        """How many wait."""
        return together(self.states[state] for state in sorted(WAITING))

    @property
    def hour(self) -> Minute:
        """The last hour as if it were one minute."""
        return Minute(
            self.minutes[0].at, sum(one.succeeded for one in self.minutes), sum(one.failed for one in self.minutes)
        )


def together(counts: Iterable[Count]) -> Count:
    several = list(counts)
    return Count(
        sum(one.number for one in several), any(one.more for one in several), any(one.about for one in several)
    )


def of_all(found: Board, now: datetime) -> BoardFigures:
    """Of all jobs: for somebody who may see them. Two queries, and two more when much waits."""
    minutes = [
        Minute(at, figures.states.get(State.SUCCEEDED, 0), figures.states.get(State.FAILED, 0))
        for at, figures in statistics.minutes(MINUTES).trend(MINUTES)
    ]
    seen = Counter(job.state for job in _ended_since(found, now - MINUTES * _MINUTE))
    # The scheduler brings the minutes some seconds later; a card that is there already counts at once.
    ended = {
        State.SUCCEEDED.value: Count(max(seen[State.SUCCEEDED], sum(one.succeeded for one in minutes))),
        State.FAILED.value: Count(max(seen[State.FAILED], sum(one.failed for one in minutes))),
    }
    return BoardFigures(_live() | ended, minutes)


def _live() -> dict[str, Count]:
    """Counted one by one as long as they are few."""
    first, *others = (Job.objects.filter(state=state).values_list("state")[: CEILING + 1] for state in sorted(LIVE))
    counted = Counter(row[0] for row in first.union(*others, all=True))
    few = {state.value: Count(counted[state]) for state in LIVE}
    if all(one.number <= CEILING for one in few.values()):
        return few
    last = live_counts().together()
    return {
        state: one if one.number <= CEILING else Count(max(CEILING, last[state]), about=True)
        for state, one in few.items()
    }


def of_looked(found: Board, now: datetime) -> BoardFigures:
    """Of the jobs that were looked at: for somebody who sees only some. No query."""
    first = _minute(now) - (MINUTES - 1) * _MINUTE
    recent = _ended_since(found, first)
    ended = Counter((_minute(job.finished_at), job.state) for job in recent if job.finished_at)
    instants = [first + number * _MINUTE for number in range(MINUTES)]
    minutes = [Minute(at, ended[at, State.SUCCEEDED], ended[at, State.FAILED]) for at in instants]
    standing = Counter(job.state for job in found.looked if job.state in LIVE) + Counter(job.state for job in recent)
    return BoardFigures(
        {state.value: Count(standing[state], more=found.more) for state in State if state != State.CANCELLED}, minutes
    )


def _ended_since(found: Board, since: datetime) -> list[Glimpse]:
    return [job for job in found.looked if job.finished_at is not None and job.finished_at >= since]


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
