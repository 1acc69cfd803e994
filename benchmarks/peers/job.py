"""What the adapters share: `tick()`, the whole of the job's work, and the shape of what enqueues."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.counter import Ticker


@dataclass(frozen=True)
class Producer:
    """`one(n)` enqueues a job, `many(numbers)` a batch by the library's own bulk call. Either may give an awaitable."""

    one: Callable[[int], object]
    many: Callable[[range], object] | None = None


def _fresh() -> Ticker:
    return Ticker(Path(os.environ["COUNTER"]), int(os.environ["PROCESSES"]))


class _Mine:
    """This process's ticker: a fork gets one of its own, also with a slot of its own."""

    def __init__(self) -> None:
        self.ticker = _fresh()
        os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self.ticker = _fresh()

    def tick(self) -> None:
        self.ticker.tick()


tick = _Mine().tick
