"""`echo` and `fail`: for demos, benchmarks and chaos drills. The only types that take `delay_ms`."""

import time
from typing import Annotated, Any

from pydantic import Field

from jobs.context import Context
from jobs.handler import handler

SLICE = 0.05
"""Seconds between two looks at `ctx.cancelled`."""

DelayMs = Annotated[int, Field(ge=0, le=600_000, description="Milliseconds to wait first")]

FailTimes = Annotated[int, Field(ge=0, description="How many attempts fail; all, if not given")]


class DemoFailure(Exception):
    """Raised by `fail`, on purpose."""


@handler("echo")
def echo(ctx: Context, /, *, delay_ms: DelayMs | None = None, **payload: Any) -> dict[str, Any]:
    """Return the payload."""
    if delay_ms is None:
        return payload
    _wait(ctx, delay_ms)
    return {"delay_ms": delay_ms, **payload}


@handler("fail")
def fail(
    ctx: Context,
    message: Annotated[str, Field(max_length=2000)] = "failed on purpose",
    fail_times: Annotated[int, Field(ge=0, description="How many attempts fail; without it all do")] | None = None,
    delay_ms: DelayMs = 0,
) -> dict[str, Any]:
    """Raise an error, always or for the first `fail_times` attempts."""
    _wait(ctx, delay_ms)
    if fail_times is None or ctx.attempt <= fail_times:
        raise DemoFailure(message)
    return {"attempt": ctx.attempt}


def _wait(ctx: Context, milliseconds: int) -> None:
    end = time.monotonic() + milliseconds / 1000
    while not ctx.cancelled and (left := end - time.monotonic()) > 0:
        time.sleep(min(left, SLICE))
