"""Listeners on the real ASGI application, in an event loop of the test's own."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, ParamSpec, TypeVar

import redis
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from flowbit.asgi import application
from jobs.conf import options
from jobs.services import api_keys
from jobs.services.api_keys import Wanted
from jobs.services.audit import Actor

P = ParamSpec("P")
T = TypeVar("T")
PATIENT = 10.0
Headers = dict[str, str]


def run(scene: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return asyncio.run(scene())


async def do(action: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Something that speaks to PostgreSQL, from within an event loop."""

    def work() -> T:
        try:
            return action(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(work)


@contextmanager
def redis_that_waits() -> Iterator[Callable[[], object]]:
    """Redis leaves whatever may write waiting, until what is given is called: an empty one has no feed till then."""
    with redis.Redis.from_url(options().redis_url) as client:
        client.client_pause(60_000, all=False)
        try:
            yield client.client_unpause
        finally:
            client.client_unpause()


def keyed(user: User, *scopes: str, tenant_id: str = "", queues: tuple[str, ...] = ()) -> Headers:
    """The header of a new key of `user`."""
    wanted = Wanted(name="k", scopes=list(scopes), tenant_id=tenant_id, queues=list(queues))
    return {"X-API-Key": api_keys.make(user, wanted, Actor.shell(), None).token}


def signed_in(user: User) -> Headers:
    """The cookie of a session of `user`."""
    client = Client()
    client.force_login(user)
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}


class Refused(Exception):
    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status, body)
        self.status = status


class Listener:
    def __init__(self, socket: ApplicationCommunicator) -> None:
        self.socket = socket

    async def message(self) -> dict[str, Any]:
        """The next one that is no ping."""
        while True:
            found = await self.socket.receive_output(PATIENT)
            assert found["type"] == "websocket.send", found
            told: dict[str, Any] = json.loads(found["text"])
            if told["type"] != "ping":
                return told

    async def until(self, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The first message that is so."""
        while not wanted(found := await self.message()):
            pass
        return found

    async def heard(self, *kinds: str) -> list[dict[str, Any]]:
        """Events until each of `kinds` has come, in the order of their ids."""
        found: list[dict[str, Any]] = []
        while not {one["kind"] for one in found} >= set(kinds):
            found += (await self.until(lambda one: one["type"] == "events"))["events"]
        return found

    async def closed(self) -> int:
        """The code, when it is closed from the other side."""
        while True:
            found = await self.socket.receive_output(PATIENT)
            if found["type"] == "websocket.close":
                return int(found["code"])


@asynccontextmanager
async def listening(path: str, headers: Headers | None = None) -> AsyncIterator[Listener]:
    """A WebSocket that is open. Raises Refused."""
    given = {"Host": "testserver", **(headers or {})}
    address, _, query = path.partition("?")
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": address,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()],
        "client": ["127.0.0.1", 1],
        "extensions": {"websocket.http.response": {}},
    }
    socket = ApplicationCommunicator(application, scope)
    await socket.send_input({"type": "websocket.connect"})
    answer = await socket.receive_output(PATIENT)
    if answer["type"] != "websocket.accept":
        body = await socket.receive_output(PATIENT)
        await socket.wait()
        raise Refused(answer["status"], body["body"])
    try:
        yield Listener(socket)
    finally:
        await socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await socket.wait(PATIENT)
