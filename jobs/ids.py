"""UUIDv7 (RFC 9562, section 5.7, method 1: a counter in the random bits), monotonic within a process."""

import os
import threading
import time
from uuid import UUID, SafeUUID

_VERSION_AND_VARIANT = 7 << 76 | 2 << 62
_RANDOM_BITS = 74
_LOW, _TAIL = (1 << 62) - 1, (1 << _RANDOM_BITS) - 1
_lock = threading.Lock()
_last = 0
_set = object.__setattr__  # a UUID refuses to be changed, also by those who make it


def uuid7() -> UUID:
    """One new id, greater than every earlier one of this process."""
    return _uuid(_next(1))


def uuid7s(count: int) -> list[UUID]:
    """`count` new ids in ascending order."""
    first = _next(count)
    return [_uuid(number) for number in range(first, first + count)]


def from_bytes(raw: bytes) -> UUID:
    """The UUID of its sixteen bytes."""
    return _made(int.from_bytes(raw, "big"))


def milliseconds(job_id: UUID) -> int:
    """The Unix time in milliseconds at which a UUIDv7 was made."""
    return job_id.int >> 80


def _next(count: int) -> int:
    """Reserve `count` consecutive numbers, each 48 bits of time and 74 of chance; returns the first.

    Within a millisecond they are counted up from a number drawn at its beginning.
    """
    global _last
    time_ms = time.time_ns() // 1_000_000
    with _lock:
        if _last >> _RANDOM_BITS < time_ms:
            first = time_ms << _RANDOM_BITS | int.from_bytes(os.urandom(10), "big") >> 6
        else:
            first = _last + 1
        _last = first + count - 1
    return first


def _uuid(number: int) -> UUID:
    """The UUID of one of `_next`'s numbers: 48 bits of time, 4 of version, 12 and 62 of chance around the variant."""
    tail = number & _TAIL
    return _made(number >> _RANDOM_BITS << 80 | tail >> 62 << 64 | tail & _LOW | _VERSION_AND_VARIANT)


def _made(value: int) -> UUID:
    """Past `UUID.__init__`, whose checks of nine possible arguments take three times as long as all the rest."""
    made = UUID.__new__(UUID)
    _set(made, "int", value)
    _set(made, "is_safe", SafeUUID.unknown)
    return made
