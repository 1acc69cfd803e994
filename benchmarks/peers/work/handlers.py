"""Flowbit's side of the job that all peers run."""

from benchmarks.peers.job import tick
from jobs.handler import handler


@handler("peers.noop")
def noop(n: int) -> dict[str, int]:
    """Count the call and give the argument back."""
    tick()
    return {"n": n}
