"""UUIDv7 (RFC 9562, section 5.7, method 1: a counter in the random bits), monotonic within a process."""

import os
import threading
import time
from uuid import UUID

_VERSION_AND_VARIANT = 7 << 76 | 2 << 62
_RANDOM_BITS = 74
_lock = threading.Lock()
_last = 0


def _compose(milliseconds: int, tail: int) -> int:
    """The 128 bits: 48 of time, 4 of version, 12 + 62 of `tail` (74 bits) around the variant."""
    return milliseconds << 80 | (tail >> 62) << 64 | (tail & (1 << 62) - 1) | _VERSION_AND_VARIANT


def _next(count: int) -> int:
    """Reserve `count` consecutive (time, tail) values; returns the first as one 122-bit number."""
    global _last
    with _lock:
        fresh = (time.time_ns() // 1_000_000) << _RANDOM_BITS | int.from_bytes(os.urandom(9), "big")
        first = max(fresh, _last + 1)
        _last = first + count - 1
        return first


def uuid7() -> UUID:
    """One new id, greater than every earlier one of this process."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[UUID]:
    """`count` new ids in ascending order."""
    first = _next(count)
    mask = (1 << _RANDOM_BITS) - 1
    return [UUID(int=_compose(n >> _RANDOM_BITS, n & mask)) for n in range(first, first + count)]


def milliseconds(job_id: UUID) -> int:
    """The Unix time in milliseconds at which a UUIDv7 was made."""
    return job_id.int >> 80
