"""What tallies say, read back."""

from collections.abc import Iterable

from jobs.tally import SEPARATOR, Counts, Figures


def by_type(several: Iterable[Counts]) -> dict[str, Figures]:
    """Counts of any number of queues or minutes, added up."""
    found: dict[str, Figures] = {}
    for counts in several:
        for field, count in counts.items():
            type_, _, name = field.partition(SEPARATOR)
            found.setdefault(type_, Figures()).add(name, count)
    return found
