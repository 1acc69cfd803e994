"""The job of the benchmarks: it does nothing, so that the engine is all there is to measure."""

from jobs.handler import handler


@handler("bench.noop")
def noop(n: int) -> dict[str, int]:
    """Return what came."""
    return {"n": n}
