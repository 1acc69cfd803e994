"""Jobs of the benchmarks: they do nothing, or only take time, so that the engine is all there is to measure."""

import asyncio
import time

from jobs.handler import handler


@handler("bench.noop")
def noop(n: int) -> dict[str, int]:
    """Return what came."""
    return {"n": n}


@handler("bench.wait")
async def wait(seconds: float) -> None:
    """Take time on the event loop."""
    await asyncio.sleep(seconds)


@handler("bench.mixed")
def mixed(seconds: float) -> None:
    """Take time in a thread, or none."""
    if seconds:
        time.sleep(seconds)
