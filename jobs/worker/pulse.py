"""What a child tells its supervisor of itself, with every breath. Pure."""

import json
from typing import NamedTuple


class Pulse(NamedTuple):
    """`turned`, `beat` are seconds since the main loop turned and since the lease was renewed."""

    turned: float
    beat: float
    slots: int
    busy: int
    waiting: int
    settled: int
    fenced: int
    unsettled: int


def encode(pulse: Pulse) -> bytes:
    """One line."""
    return json.dumps([round(number, 3) for number in pulse]).encode() + b"\n"


def latest(lines: bytes) -> Pulse | None:
    """The last whole pulse among lines; None when there is none that this release understands.

    A child may be of another release than the supervisor that started it.
    """
    for line in reversed(lines.split(b"\n")[:-1]):
        try:
            turned, beat, *counts = json.loads(line or b"[]")
            return Pulse(float(turned), float(beat), *(int(count) for count in counts))
        except (ValueError, TypeError):
            continue
    return None
