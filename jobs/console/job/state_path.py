"""The way of a job through the state machine, from what is known to have happened. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from jobs.states import FINAL, MOVES, State

WIDTH, HEIGHT = 664, 188
_BOX = (116, 30)
_PLACES: dict[State, tuple[int, int]] = {
    State.SCHEDULED: (66, 34),
    State.BLOCKED: (66, 154),
    State.QUEUED: (242, 94),
    State.RUNNING: (422, 94),
    State.RETRYING: (332, 164),
    State.SUCCEEDED: (598, 34),
    State.FAILED: (598, 94),
    State.CANCELLED: (598, 154),
}
_ENDED = {
    "attempt.succeeded": State.SUCCEEDED,
    "attempt.cancelled": State.CANCELLED,
    "attempt.released": State.QUEUED,
    "attempt.snoozed": State.SCHEDULED,
    "attempt.raised": State.RETRYING,
    "attempt.timed_out": State.RETRYING,
    "attempt.lease_expired": State.RETRYING,
}
_MOVED = {
    "job.started": State.RUNNING,
    "job.succeeded": State.SUCCEEDED,
    "job.failed": State.FAILED,
    "job.cancelled": State.CANCELLED,
    "job.retried": State.QUEUED,
    "job.replayed": State.QUEUED,
    **_ENDED,
}


_LAST = frozenset({"job.failed", "job.retried", "job.replayed"})
"""What follows a failed attempt only when there was to be no other."""


@dataclass(frozen=True, slots=True)
class Happened:
    """`kind` as the timeline has it."""

    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A state that it was in, since when, and how long; None while it still is."""

    state: State
    at: datetime
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Node:
    state: State
    x: int
    y: int
    visits: int
    current: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """`path` is the `d` of an SVG path; `times` how often it went this way, 0 for where it may go next."""

    path: str
    times: int
    x: float
    y: float


def steps(first: State, happened: Sequence[Happened], now: State) -> list[Step]:
    """The states in their order, from `first` to `now`. What happened twice in a state is one step."""
    found: list[tuple[State, datetime]] = []
    for state, at in _moves(first, sorted(happened, key=lambda one: one.kind != "job.enqueued")):
        before = found[-1][0] if found else None
        if state is not before and not (state is State.RETRYING and before is not State.RUNNING):
            found.append((state, at))
    if found and found[-1][0] is not now:
        # That a failed attempt would be followed by another was a guess.
        found = found[:-1] if found[-1][0] is State.RETRYING and now in FINAL else found
        found.append((now, happened[-1].at))
    nexts = [at for _, at in found[1:]]
    return [
        Step(state, at, max(0.0, (nexts[number] - at).total_seconds()) if number < len(nexts) else None)
        for number, (state, at) in enumerate(found)
    ]


def _moves(first: State, happened: Sequence[Happened]) -> Iterator[tuple[State, datetime]]:
    """What each event means for the state; of a job that failed, or was retried by hand, the attempt was the last."""
    for number, one in enumerate(happened):
        following = happened[number + 1].kind if number + 1 < len(happened) else ""
        state = first if one.kind == "job.enqueued" else _MOVED.get(one.kind)
        if state is State.RETRYING and following in _LAST:
            yield State.FAILED, one.at
        elif state is State.RUNNING:
            yield State.QUEUED, one.at
            yield state, one.at
        elif state is not None:
            yield state, one.at


def nodes(taken: Sequence[Step]) -> list[Node]:
    visits = Counter(step.state for step in taken)
    now = taken[-1].state if taken else None
    return [Node(state, x, y, visits[state], state is now) for state, (x, y) in _PLACES.items()]


def edges(taken: Sequence[Step]) -> list[Edge]:
    """The ways that it went, and those that are open to it now."""
    went = Counter((one.state, two.state) for one, two in pairwise(taken))
    ahead = taken[-1].state if taken and taken[-1].state not in FINAL else None
    ways = {**{(ahead, state): 0 for state in sorted(MOVES[ahead])}, **went} if ahead else dict(went)
    return [_edge(start, end, times) for (start, end), times in ways.items()]


def _edge(start: State, end: State, times: int) -> Edge:
    """A curve from box to box, bent to its left so that there and back do not lie on each other."""
    (x1, y1), (x2, y2) = _PLACES[start], _PLACES[end]
    bend = 0.16
    mx, my = (x1 + x2) / 2 + (y2 - y1) * bend, (y1 + y2) / 2 - (x2 - x1) * bend
    sx, sy = _border(x1, y1, mx, my)
    ex, ey = _border(x2, y2, mx, my)
    middle = (sx + 2 * mx + ex) / 4, (sy + 2 * my + ey) / 4
    return Edge(f"M{sx:.1f} {sy:.1f}Q{mx:.1f} {my:.1f} {ex:.1f} {ey:.1f}", times, *middle)


def _border(x: float, y: float, tx: float, ty: float) -> tuple[float, float]:
    """Where the line from the middle of a box at (x, y) toward (tx, ty) leaves it."""
    dx, dy = tx - x, ty - y
    half_width, half_height = _BOX[0] / 2 + 4, _BOX[1] / 2 + 4
    scale = min(half_width / abs(dx) if dx else 1e9, half_height / abs(dy) if dy else 1e9, 1)
    return x + dx * scale, y + dy * scale
