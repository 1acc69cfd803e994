"""When which process is hurt, and how: drawn from a seed. Pure.

Faults of different parts overlap freely; the same part is left alone for a while after each, so that what is checked
is recovery and not mere absence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

WORKERS, SCHEDULERS = 2, 2


@dataclass(frozen=True, slots=True)
class Sort:
    """`lasts` are the least and most seconds that the part is away; `rest` those that it is then left alone."""

    part: str
    weight: int
    lasts: tuple[float, float]
    rest: float


# Leases are 2 s in this run: what is frozen for longer has lost them.
SORTS: dict[str, Sort] = {
    "kill child": Sort("worker", 6, (0.0, 0.0), 1.5),
    "freeze child": Sort("worker", 3, (2.5, 4.0), 1.5),
    "kill supervisor": Sort("worker", 3, (0.1, 1.0), 3.0),
    "freeze supervisor": Sort("worker", 1, (1.0, 3.0), 1.0),
    "restart worker": Sort("worker", 2, (0.0, 0.0), 3.0),
    "kill scheduler": Sort("scheduler", 3, (0.1, 1.5), 2.0),
    "freeze scheduler": Sort("scheduler", 2, (2.5, 4.0), 1.0),
    "kill redis": Sort("redis", 2, (0.1, 2.0), 2.0),
    "restart redis": Sort("redis", 1, (0.1, 1.0), 2.0),
    "flush redis": Sort("redis", 2, (0.0, 0.0), 1.5),
    "freeze redis": Sort("redis", 1, (0.5, 3.0), 2.0),
    "kill postgres": Sort("postgres", 2, (0.1, 2.0), 5.0),
    "crash backend": Sort("postgres", 2, (0.0, 0.0), 5.0),
    "restart postgres": Sort("postgres", 1, (0.1, 1.0), 5.0),
    "freeze postgres": Sort("postgres", 1, (0.5, 3.5), 5.0),
}
_GAP = (0.2, 1.4)


@dataclass(frozen=True, slots=True)
class Fault:
    """`at` and `lasts` are seconds, from the start of the run; `pick` chooses among several targets."""

    at: float
    sort: str
    lasts: float
    pick: int

    @property
    def over(self) -> float:
        return self.at + self.lasts


def draw(seed: int, faults: int) -> list[Fault]:
    """`faults` of them in order of time; every sort at least once where there are enough."""
    chance = Random(f"faults {seed}")  # noqa: S311 - chance, not secrets
    names = list(SORTS)[:faults]
    names += chance.choices(list(SORTS), [sort.weight for sort in SORTS.values()], k=faults - len(names))
    chance.shuffle(names)
    free: dict[tuple[str, int], float] = {}
    found, clock = [], 0.5
    for name in names:
        sort, pick = SORTS[name], chance.randrange(1000)
        target = (sort.part, pick % _several(sort.part))
        at = max(clock, free.get(target, 0.0))
        fault = Fault(round(at, 2), name, round(chance.uniform(*sort.lasts), 2), pick)
        free[target] = fault.over + sort.rest
        clock += chance.uniform(*_GAP)
        found.append(fault)
    return sorted(found, key=lambda fault: fault.at)


def _several(part: str) -> int:
    return {"worker": WORKERS, "scheduler": SCHEDULERS}.get(part, 1)


def length(faults: Sequence[Fault]) -> float:
    """Seconds until the last of them is over."""
    return max((fault.over for fault in faults), default=0.0)
