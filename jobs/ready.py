"""What the hot path knows of a job that may run: where it belongs and its place in line. Pure."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID


class Ready(NamedTuple):
    """A queued job. `at` is the Unix time in milliseconds since which it may run: its place among equals.

    Tenant and owner are for those who are told of it.
    """

    id: UUID
    queue: str
    type: str
    priority: int
    at: int
    tenant_id: str = ""
    owner_id: int | None = None


BAND = 1 << 42
"""Milliseconds in a priority band: beyond every instant before the year 2109, and 11 bands fit a double exactly."""


def score(priority: int, at: int) -> int:
    """Order of service: lower first; higher priority before older. Below 2^46, exact in a float's 53 bits."""
    return (10 - priority) * BAND + min(max(at, 0), BAND - 1)


def instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
