"""Medians with their spread, as a Markdown table."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

COLUMNS = {
    "one": "one by one",
    "many": "bulk",
    "run": "run",
    "recorded": "recorded",
}
KEPT = ("job", "arguments", "attempts", "result")
HEAD = ("peer", "version", "store", *COLUMNS.values(), *KEPT, "for how long")


@dataclass
class Row:
    """A peer's figures, one for each round, and what was found kept."""

    name: str
    version: str
    store: str
    how_long: str
    figures: dict[str, list[float]] = field(default_factory=dict)
    kept: dict[str, bool] = field(default_factory=dict)

    def add(self, figures: Mapping[str, float], kept: Mapping[str, bool]) -> None:
        for what, figure in figures.items():
            self.figures.setdefault(what, []).append(figure)
        self.kept = dict(kept)

    def median(self, what: str) -> float:
        """0 when there is none."""
        return statistics.median(self.figures.get(what) or [0.0])


def figure(values: Sequence[float]) -> str:
    """`median (least-most)`, three digits that mean something; '-' for none."""
    if not values:
        return "-"
    low, middle, high = (_round(value) for value in (min(values), statistics.median(values), max(values)))
    return middle if len(values) == 1 else f"{middle} ({low}-{high})"


def _round(value: float) -> str:
    digits = 3 - len(str(int(value)))
    return f"{round(value, min(digits, 0)):,.0f}"


def markdown(rows: Sequence[Row]) -> str:
    """The one that records most comes first; after those that record, those that do not."""
    ordered = sorted(rows, key=lambda row: (-row.median("recorded"), -row.median("run")))
    lines = [HEAD, tuple("---" for _ in HEAD), *map(_cells, ordered)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    measured = [figure(row.figures.get(what, [])) for what in COLUMNS]
    kept = ["yes" if row.kept.get(what) else "no" for what in KEPT]
    return (row.name, row.version, row.store, *measured, *kept, row.how_long)
