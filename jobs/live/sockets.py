"""Streams over WebSockets: ASGI applications for Channels' router.

Clients have nothing to say: what they send is counted and dropped.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

import orjson
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from jobs.api import errors
from jobs.errors import FlowbitError, NotFound
from jobs.live import query
from jobs.live.mailbox import TOO_SLOW, Closed
from jobs.live.session import Session
from jobs.trusted import Visit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

STUCK = 30.0
"""Seconds in which a message must be taken."""
LAST_WORD = 5.0
MOST_BYTES = 1024
MOST_FRAMES = 100
TOO_BIG, RUDE = 1009, 1008


def stream(*, own: bool) -> Application:
    """The application for one's own jobs, or for events."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        try:
            session = await _opened(scope, own)
        except (FlowbitError, APIException) as error:
            await _refuse(scope, send, errors.answered(error))
            return
        try:
            await send({"type": "websocket.accept"})
            await _carry(session, receive, send)
        finally:
            session.close()

    return application


async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """For an address that no stream has."""
    await receive()
    await _refuse(scope, send, errors.answered(NotFound("there is no such address")))


async def _opened(scope: Scope, own: bool) -> Session:
    visit = Visit.of_scope(scope)
    asked = query.parse(scope.get("query_string", b"").decode("latin-1"), visit.headers)
    session = Session(visit, asked, own=own)
    await session.open()
    return session


async def _refuse(scope: Scope, send: Send, answer: Response) -> None:
    """By an HTTP answer, where the server can give one to a WebSocket's opening; else by 403."""
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": TOO_SLOW})
        return
    named = errors.headers(answer) | {"Content-Type": "application/json"}
    headers = [(name.lower().encode(), value.encode()) for name, value in named.items()]
    await send({"type": "websocket.http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": orjson.dumps(answer.data)})
    await asyncio.sleep(0)  # uvicorn must see the connection end first, or it logs that we forgot it


async def _carry(session: Session, receive: Receive, send: Send) -> None:
    """Until the client goes, or must."""
    tasks = [asyncio.create_task(one) for one in (_talk(session, send), _listen(receive), session.ended())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    why = next((task.result() for task in tasks if task in done), None)
    if why is not None:
        # Who does not read does not read this either.
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORD):
                await send({"type": "websocket.close", "code": why.code, "reason": why.reason})


async def _talk(session: Session, send: Send) -> Closed | None:
    try:
        async for one in session.messages():
            async with asyncio.timeout(STUCK):
                await send({"type": "websocket.send", "text": one.text})
    except Closed as why:
        return why
    except TimeoutError:
        return Closed(TOO_SLOW, "you do not read")
    return None


async def _listen(receive: Receive) -> Closed | None:
    """None when the client has gone."""
    for _ in range(MOST_FRAMES):
        heard = await receive()
        if heard["type"] == "websocket.disconnect":
            return None
        if len(heard.get("text") or heard.get("bytes") or "") > MOST_BYTES:
            return Closed(TOO_BIG, "there is nothing to be said that is so long")
    return Closed(RUDE, "there is nothing to be said here")
