"""What waits to be sent to one reader: bounded, so that a slow one costs itself and nobody else."""

import asyncio
from collections import deque
from typing import NamedTuple

MOST = 256
MOST_BYTES = 4 * 1024 * 1024
TOO_SLOW, DEFECT = 1013, 1011


class Message(NamedTuple):
    """`id` is the place in the feed after it; `text` is JSON."""

    id: str
    text: str


class Closed(Exception):
    """The stream is over; `code` is a WebSocket's."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Mailbox:
    """Made within the event loop that reads it, and used in that loop only."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._waiting: deque[Message] = deque()
        self._bytes = 0
        self._woken = asyncio.Event()
        self._ended: asyncio.Future[Closed] = self.loop.create_future()

    def put(self, message: Message) -> None:
        """Never waits: a mailbox that is full is closed instead."""
        if self._ended.done():
            return
        if len(self._waiting) >= MOST or self._bytes > MOST_BYTES:
            self.close(Closed(TOO_SLOW, "you read too slowly: connect again, and go on from the last id"))
            return
        self._waiting.append(message)
        self._bytes += len(message.text)
        self._woken.set()

    def close(self, why: Closed) -> None:
        """What waits is dropped."""
        if not self._ended.done():
            self._ended.set_result(why)
        self._waiting.clear()
        self._bytes = 0
        self._woken.set()

    async def take(self, seconds: float) -> Message | None:
        """The next message; None after so many seconds without one. Raises Closed."""
        if not self._waiting and not self._ended.done():
            self._woken.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
            except TimeoutError:
                return None
        if self._ended.done():
            raise self._ended.result()
        message = self._waiting.popleft()
        self._bytes -= len(message.text)
        return message

    async def ended(self) -> Closed:
        return await asyncio.shield(self._ended)
