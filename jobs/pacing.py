"""How much of something may be done now, so that no more than so many a second are. Pure."""

PERIOD = 0.25
"""Seconds of work that are done at once: smaller portions cost more than they spread."""
IDLE = 1.0
"""Seconds of idleness that may be made up for: after a pause nothing bursts."""
_ROUNDING = 1e-12


def portion(rate: float | None, waited: float, most: int) -> int:
    """How many may be done now, when the rate was used up `waited` seconds ago; 0 while that is not worth while."""
    if rate is None:
        return most
    worth = min(float(most), max(1.0, rate * PERIOD))
    # 0.95 * (1 / 0.95) is a little less than 1, and would never be worth while.
    ripe = rate * min(waited, longest_idle(rate)) + _ROUNDING
    return min(most, int(ripe)) if ripe >= worth else 0


def longest_idle(rate: float) -> float:
    """Seconds that count as waited at most."""
    return max(IDLE, 1.0 / rate)


def used(rate: float | None, waited: float, count: int) -> float:
    """How long ago the rate is used up, once `count` more are done; negative: in so many seconds."""
    if rate is None:
        return 0.0
    return min(waited, longest_idle(rate)) - count / rate


def first_wait(rate: float | None) -> float:
    """How long the rate counts as unused at the beginning, so that it begins at once."""
    return 0.0 if rate is None else max(PERIOD, 1.0 / rate)
