"""Durations as people write them: ``250ms``, ``30s``, ``1h30m``, or a plain number of seconds."""

import math
import re

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
LONGEST = 3650 * UNITS["d"]

_NUMBER = r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
_PLAIN = re.compile(_NUMBER)
_PART = re.compile(rf"({_NUMBER})(us|ms|s|m|h|d|w)")
_PARTS = re.compile(rf"(?:(?:{_NUMBER})(?:us|ms|s|m|h|d|w)\s*)+")


def parse(value: str | int | float) -> float:
    """Gives seconds. Raises ValueError for whatever is no duration between zero and ten years."""
    seconds = _parse_text(value) if isinstance(value, str) else _parse_number(value)
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError(f"{_shown(value)} is not a duration: it must be zero or more, and finite")
    if seconds > LONGEST:
        raise ValueError(f"{_shown(value)} is too long for a duration: at most {format(LONGEST)}")
    return seconds


def _parse_number(value: int | float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{_shown(value)} is not a duration")
    # An integer beyond every float would raise OverflowError below; it is too long in any case.
    return math.inf if isinstance(value, int) and value.bit_length() > 1000 else float(value)


def _parse_text(text: str) -> float:
    stripped = text.strip().lower()
    if _PLAIN.fullmatch(stripped):
        return float(stripped)
    if _PARTS.fullmatch(stripped):
        # fsum: "0.1s0.2s" is the 0.3 that people expect
        return math.fsum(float(number) * UNITS[unit] for number, unit in _PART.findall(stripped))
    raise ValueError(f"{_shown(text)} is not a duration: write for example 250ms, 30s, 5m or 1h30m")


def _shown(value: object) -> str:
    """The value for a message, cut short: it may come from a stranger."""
    text = repr(value) if not isinstance(value, int) or abs(value) < 10**20 else "this number"
    return text if len(text) <= 60 else f"{text[:57]}..."


def format(seconds: float) -> str:
    """``5400`` -> ``1h30m``, ``0.25`` -> ``250ms``; to a millisecond, below a second to a microsecond."""
    if not math.isfinite(seconds):
        raise ValueError(f"{seconds!r} is not a duration")
    if seconds < 0:
        return f"-{format(-seconds)}"
    microseconds = round(seconds * 1e6)
    if 0 < microseconds < 1_000_000:
        return f"{microseconds / 1000:g}ms"
    return _format_long(round(seconds * 1000))


def _format_long(milliseconds: int) -> str:
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000)):
        count, milliseconds = divmod(milliseconds, size)
        if count:
            parts.append(f"{count}{unit}")
    if milliseconds or not parts:
        parts.append(f"{milliseconds / 1000:g}s")
    return "".join(parts)
