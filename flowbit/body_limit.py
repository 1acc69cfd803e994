"""A limit on what a client may send, before anything of it is kept: Django writes a whole body to disk first, and
asks who sends it afterwards.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Message = Mapping[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_REFUSAL = json.dumps({"error": "the request is too large", "code": "too_large", "details": {}}).encode()
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(_REFUSAL)).encode())]


class BodyLimit:
    """ASGI: answers 413 to an HTTP request whose body is longer than `most` bytes."""

    def __init__(self, app: App, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _announced(scope) > self._most:
            await _refuse(send)
        else:
            counted = _Counted(receive, self._most)
            await self._app(scope, counted.receive, send)
            if counted.is_over:  # the application takes it for a client that went away, and answers nothing
                await _refuse(send)


class _Counted:
    """The body as it comes; above `most` bytes the connection seems to end."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most
        self.is_over = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        self.is_over = self._left < 0
        return {"type": "http.disconnect"} if self.is_over else message


def _announced(scope: Scope) -> int:
    """The length that the header says; 0 when it says none."""
    text = dict(scope["headers"]).get(b"content-length", b"")
    return int(text) if text.isdigit() else 0


async def _refuse(send: Send) -> None:
    await send({"type": "http.response.start", "status": 413, "headers": [*_HEADERS, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": _REFUSAL})
