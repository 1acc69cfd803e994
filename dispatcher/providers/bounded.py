"""The HTTP client of the providers: no redirects (they would carry the key), no answer beyond 1 MiB."""

from collections.abc import AsyncIterator

import httpx

from dispatcher.errors import UnfitAnswer

MOST = 1024 * 1024


def client(timeout: float) -> httpx.AsyncClient:
    """`timeout` is seconds for each step; the caller bounds the whole."""
    return httpx.AsyncClient(
        timeout=timeout,
        follow_redirects=False,
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [_bound]},
    )


async def _bound(response: httpx.Response) -> None:
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
