"""Runs in a peer's environment: `python -m benchmarks.peers.act ADAPTER set_up|one|many|work [JOBS]`.

`one` and `many` enqueue, and print the seconds that it took; connecting is not counted.
"""

import asyncio
import inspect
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from types import ModuleType

from benchmarks.peers.job import Producer

BATCH = 1000


def main(adapter: str, what: str, jobs: int = 0) -> None:
    module = import_module(f"benchmarks.peers.adapters.{adapter}")
    if what in ("one", "many"):
        print(enqueue(module, what, jobs))
    else:
        made = getattr(module, what)()
        if inspect.iscoroutine(made):
            run(made)


def run(made: Coroutine[object, object, object]) -> None:
    """On uvloop, where the peer's environment has it."""
    try:
        uvloop = import_module("uvloop")
    except ImportError:
        asyncio.run(made)
    else:
        uvloop.run(made)


def enqueue(module: ModuleType, what: str, jobs: int) -> float:
    """Gives seconds."""
    opened = module.producer()
    if isinstance(opened, AbstractAsyncContextManager):
        return asyncio.run(_enqueue_async(opened, what, jobs))
    with opened as producer:
        began = time.perf_counter()
        for _ in _calls(producer, what, jobs):
            pass
        return time.perf_counter() - began


async def _enqueue_async(opened: AbstractAsyncContextManager[Producer], what: str, jobs: int) -> float:
    async with opened as producer:
        began = time.perf_counter()
        for made in _calls(producer, what, jobs):
            await made
        return time.perf_counter() - began


def _calls(producer: Producer, what: str, jobs: int) -> Iterator[object]:
    if what == "one":
        return map(producer.one, range(jobs))
    batches = (range(first, min(first + BATCH, jobs)) for first in range(0, jobs, BATCH))
    return map(producer.many, batches)


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(int, sys.argv[3:]))
