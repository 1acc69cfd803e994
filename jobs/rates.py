"""How often something may be done: `600/min`. Pure."""

from dataclasses import dataclass

from jobs import durations

OFF = "off"
_UNITS = {"s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0}
MAX_WINDOW = 86_400.0


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in each window of `seconds`."""

    count: int
    seconds: float


def parse(text: str) -> Rate | None:
    """`600/min`, `20/5m`, `5/s`; None for `off`. Raises ValueError."""
    if text.strip().lower() == OFF:
        return None
    number, slash, window = (part.strip() for part in text.partition("/"))
    if not (slash and number.isascii() and number.isdigit() and 0 < len(number) < 10 and int(number)):
        raise ValueError("is neither a rate such as 600/min or 20/5m, nor off")
    seconds = _UNITS.get(window.lower()) or durations.parse(window)
    if not 1 <= seconds <= MAX_WINDOW:
        raise ValueError("must count within a second at least, and a day at most")
    return Rate(int(number), seconds)
