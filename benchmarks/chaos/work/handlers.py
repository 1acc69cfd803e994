"""The jobs of the chaos run: one sync and one async handler that do as their payload says.

Each execution writes to the ledger, outside of the engine, when it begins and how it leaves.
"""

import asyncio
import os
import time

from benchmarks.chaos.ledger import Ledger
from jobs.context import Context
from jobs.handler import handler
from jobs.outcomes import Discard, Interrupted, Snooze

_STEP = 0.02
_ledger = Ledger(os.environ.get("CHAOS_LEDGER", os.devnull))


class Stumbled(Exception):
    """What the unlucky ones raise."""


@handler("chaos.sync")
def work(ctx: Context, n: int, seconds: float = 0.0, fails: int = 0, snoozes: int = 0, hangs: int = 0) -> int:
    """Work in a thread."""
    _ledger.write("begin", ctx.job_id, ctx.attempt)
    try:
        end = time.monotonic() + (3600 if ctx.attempt <= hangs else seconds)
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _STEP))
        _leave_early(ctx, fails, snoozes)
    except (Exception, Interrupted):
        _ledger.write("leave", ctx.job_id, ctx.attempt)
        raise
    _ledger.write("end", ctx.job_id, ctx.attempt)
    return n


@handler("chaos.async")
async def work_async(
    ctx: Context, n: int, seconds: float = 0.0, fails: int = 0, snoozes: int = 0, hangs: int = 0
) -> int:
    """The same, on the event loop."""
    _ledger.write("begin", ctx.job_id, ctx.attempt)
    try:
        await asyncio.sleep(3600 if ctx.attempt <= hangs else seconds)
        _leave_early(ctx, fails, snoozes)
    except (Exception, asyncio.CancelledError):
        _ledger.write("leave", ctx.job_id, ctx.attempt)
        raise
    _ledger.write("end", ctx.job_id, ctx.attempt)
    return n


@handler("chaos.gather")
def gather(ctx: Context, n: int) -> int:
    """Read what the parents returned."""
    _ledger.write("begin", ctx.job_id, ctx.attempt)
    found = dict(ctx.dependencies)
    _ledger.write("end", ctx.job_id, ctx.attempt)
    return len(found)


def _leave_early(ctx: Context, fails: int, snoozes: int) -> None:
    if fails < 0:
        raise Discard("of no use")
    if ctx.attempt <= snoozes:
        raise Snooze("not yet", after=0.3)
    if ctx.attempt <= fails:
        raise Stumbled(f"attempt {ctx.attempt} of {fails} that must fail")
