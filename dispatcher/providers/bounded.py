"""The HTTP client of the providers: no redirects (they would carry the key), no answer beyond 1 MiB, and never so many
sentences at once that a slow model takes all threads of the web process.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

import httpx

from dispatcher.errors import UnfitAnswer
from dispatcher.providers import contract
from jobs.conf import options

MOST = 1024 * 1024
Answer = TypeVar("Answer")


def client(timeout: float) -> httpx.AsyncClient:
    """`timeout` is seconds for each step; the caller bounds the whole."""
    return httpx.AsyncClient(
        timeout=timeout,
        follow_redirects=False,
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [_bound]},
    )


async def _bound(response: httpx.Response) -> None:
    """A compressed answer, which nobody asked for, could be a thousand times as long as what is counted."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise UnfitAnswer("the provider's answer is compressed")
    if isinstance(response.stream, httpx.AsyncByteStream):
        response.stream = _Bounded(response.stream)


class _Bounded(httpx.AsyncByteStream):
    """Raises UnfitAnswer when more than `MOST` bytes come."""

    def __init__(self, inner: httpx.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MOST
        async for chunk in self._inner:
            left -= len(chunk)
            if left < 0:
                raise UnfitAnswer("the answer is too long")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


def run(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """What `coroutine` gives, run to its end in a thread of its own: the caller's may have an event loop already.

    Raises ProviderUnavailable when too many are asked already.
    """
    try:
        with turn(), ThreadPoolExecutor(max_workers=1, thread_name_prefix="model") as thread:
            return thread.submit(asyncio.run, coroutine).result()
    finally:
        coroutine.close()  # no harm to one that ran


@contextmanager
def turn() -> Iterator[None]:
    """One of the sentences that may wait for a model. Raises ProviderUnavailable when there are no more."""
    turns = _turns(max(options().web_threads // 2, 1))
    if not turns.acquire(blocking=False):
        raise contract.overloaded()
    try:
        yield
    finally:
        turns.release()


@lru_cache(maxsize=8)
def _turns(number: int) -> threading.Semaphore:
    return threading.Semaphore(number)
