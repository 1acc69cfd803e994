"""What a worker is told to do: queues with shares, types, size, limits. Pure parsing, errors name the flag."""

from dataclasses import dataclass

from jobs import durations
from jobs.envelope import check_queue

_BYTES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
MAX_WEIGHT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """`queues` maps names to shares, empty means all with equal shares; `types` empty means all that are known.

    `grace` is seconds, `max_memory` bytes; 0 means no limit.
    """

    queues: dict[str, int]
    types: tuple[str, ...]
    processes: int
    concurrency: int
    grace: float = 30.0
    max_jobs: int = 0
    max_memory: int = 0
    burst: bool = False


def parse_queues(text: str) -> dict[str, int]:
    """`critical:3,default` -> {"critical": 3, "default": 1}. Raises ValueError."""
    found: dict[str, int] = {}
    for part in filter(None, (word.strip() for word in text.split(","))):
        name, separator, weight = part.partition(":")
        try:
            check_queue(name)
        except ValueError as error:
            raise ValueError(f"queue {name!r} {error}") from None
        if separator and not (weight.isascii() and weight.isdigit() and 1 <= int(weight) <= MAX_WEIGHT):
            raise ValueError(f"the share of queue {name!r} must be a whole number from 1 to {MAX_WEIGHT}")
        found[name] = int(weight) if separator else 1
    return found


def parse_types(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (word.strip() for word in text.split(","))))


def parse_size(text: str) -> int:
    """`512m` -> bytes; also k, g, or a plain number of bytes. Raises ValueError."""
    lowered = text.strip().lower().removesuffix("b").removesuffix("i")
    number, unit = (lowered[:-1], lowered[-1]) if lowered[-1:] in "kmg" and lowered else (lowered, "")
    if not (number.isascii() and number.isdigit()):
        raise ValueError(f"{text!r} is not a size: write for example 512m or 2g")
    return int(number) * _BYTES[unit]


def parse_grace(text: str) -> float:
    return durations.parse(text)
