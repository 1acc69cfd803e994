"""What happened, in numbers: counts per type, and histograms of how long things took. Pure.

A tally's fields are texts, `<type>|<name>`, and their values whole numbers, so that Redis can add them up; `Figures`
reads them back. Names are `enqueued`, `started`, `suppressed`, `fenced`, `throttled` (held back when their lane was
closed), `outcome.<outcome>` (how attempts ended), `state.<state>` (what that made of their jobs), `run.<n>` and
`wait.<n>` (jobs in the n-th bucket of the two histograms) and `run_us`, `wait_us` (their sums in microseconds).
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from math import inf

BOUNDS = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
    60.0,
    300.0,
    900.0,
    3600.0,
)
"""Upper bounds of the buckets in seconds, inclusive; a last bucket takes what is longer."""
SEPARATOR = "|"
SIMPLE = ("enqueued", "started", "suppressed", "fenced", "throttled")
"""Names that are counts of their own in `Figures`."""

Counts = Mapping[str, int]


class Tally:
    """Gathers counts by queue. Not thread-safe: one for each batch."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._ends: defaultdict[tuple[str, str, str, str], _Ends] = defaultdict(_Ends)

    def add(self, queue: str, type_: str, name: str, count: int = 1) -> None:
        self._counts[queue][f"{type_}|{name}"] += count

    def end(self, queue: str, type_: str, outcome: str, state: str, ran: float, waited: float) -> None:
        """An attempt ended. `ran` seconds from its start, which came `waited` seconds after the job was due."""
        ends = self._ends[queue, type_, outcome, state]
        ends.run[bisect_left(BOUNDS, ran)] += 1
        ends.wait[bisect_left(BOUNDS, waited)] += 1
        ends.ran += ran
        ends.waited += waited

    def __iter__(self) -> Iterator[tuple[str, Counts]]:
        """(queue, its counts by field)."""
        found = defaultdict(Counter, {queue: counts.copy() for queue, counts in self._counts.items()})
        for (queue, type_, outcome, state), ends in self._ends.items():
            for name, count in ends.counts(outcome, state):
                found[queue][f"{type_}|{name}"] += count
        return iter(found.items())

    def __bool__(self) -> bool:
        return bool(self._counts or self._ends)


class _Ends:
    """Attempts of a type with the same end: one look-up for each, where their fields would take six."""

    __slots__ = ("ran", "run", "wait", "waited")

    def __init__(self) -> None:
        self.run = [0] * (len(BOUNDS) + 1)
        self.wait = self.run.copy()
        self.ran = self.waited = 0.0

    def counts(self, outcome: str, state: str) -> Iterator[tuple[str, int]]:
        for name, buckets in (("run", self.run), ("wait", self.wait)):
            yield from [(f"{name}.{number}", count) for number, count in enumerate(buckets) if count]
        ended = sum(self.run)
        yield from [(f"outcome.{outcome}", ended), (f"state.{state}", ended)]
        yield from [("run_us", int(self.ran * 1e6)), ("wait_us", int(self.waited * 1e6))]


@dataclass(slots=True)
class Histogram:
    """Jobs per bucket of `BOUNDS`, and the sum of their seconds."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0

    @property
    def count(self) -> int:
        return sum(self.buckets)

    def cumulative(self) -> list[tuple[float, int]]:
        """(upper bound, jobs that did not exceed it), the last one infinite: as Prometheus has it."""
        return list(zip((*BOUNDS, inf), accumulate(self.buckets), strict=True))

    def quantile(self, share: float) -> float | None:
        """Seconds that `share` (0 to 1) of the jobs did not exceed; None without jobs.

        Linear within a bucket, and the last bound for what lies beyond it, as Prometheus' histogram_quantile() has it.
        """
        rank, seen, lower = share * self.count, 0, 0.0
        for count, upper in zip(self.buckets, BOUNDS, strict=False):
            if count and seen + count >= rank:
                return lower + (upper - lower) * max(rank - seen, 0.0) / count
            seen, lower = seen + count, upper
        return BOUNDS[-1] if self.count else None


@dataclass(slots=True)
class Figures:
    """A tally read back: of one type or of several together."""

    enqueued: int = 0
    started: int = 0
    suppressed: int = 0
    fenced: int = 0
    throttled: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    run: Histogram = field(default_factory=Histogram)
    wait: Histogram = field(default_factory=Histogram)

    @property
    def ended(self) -> int:
        """Attempts that ended, however they did."""
        return sum(self.outcomes.values())

    def count(self, counts: Counts) -> None:
        """By the parts of their fields behind the type."""
        for name, count in counts.items():
            self.add(name, count)

    def add(self, name: str, count: int) -> None:
        """Count the part of a field behind its type in. A name of a later release counts nowhere."""
        kind, _, rest = name.partition(".")
        if kind == "outcome":
            self.outcomes[rest] = self.outcomes.get(rest, 0) + count
        elif kind == "state":
            self.states[rest] = self.states.get(rest, 0) + count
        elif kind in ("run", "wait"):
            getattr(self, kind).buckets[int(rest)] += count
        elif kind in ("run_us", "wait_us"):
            getattr(self, kind.removesuffix("_us")).seconds += count / 1e6
        elif kind in SIMPLE:
            setattr(self, kind, getattr(self, kind) + count)
