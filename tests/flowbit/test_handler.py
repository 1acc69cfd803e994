"""Django behind ASGI, as the web process calls it."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from pytest_django import Settings

from flowbit.handler import OneThread, StaticFiles
from jobs.conf import options

PATIENCE = 60
SEEN: list[int] = []
HERE = threading.Semaphore(0)
GO_ON = threading.Event()
USED: list[Any] = []


class Noted:
    """A middleware of the usual kind, which notes its thread on the way in and out."""

    def __init__(self, get_response: Any) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        SEEN.append(threading.get_ident())
        response: HttpResponse = self._next(request)
        SEEN.append(threading.get_ident())
        return response


def plain(request: HttpRequest) -> HttpResponse:
    SEEN.append(threading.get_ident())
    return HttpResponse("plain")


async def awaited(request: HttpRequest) -> HttpResponse:
    return HttpResponse("awaited")


async def streamed(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[bytes]:
        SEEN.append(threading.get_ident())
        yield b"a"
        yield b"b"

    return StreamingHttpResponse(parts())


def slow(request: HttpRequest) -> HttpResponse:
    HERE.release()
    GO_ON.wait(PATIENCE)
    return HttpResponse("slow")


def asking(request: HttpRequest) -> HttpResponse:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("select 1")
    USED.append(connections[DEFAULT_DB_ALIAS])  # of this thread
    return HttpResponse("asked")


urlpatterns = [
    path("plain", plain),
    path("awaited", awaited),
    path("streamed", streamed),
    path("slow", slow),
    path("asking", asking),
]


@pytest.fixture(autouse=True)
def _small(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [f"{__name__}.Noted", "django.middleware.common.CommonMiddleware", f"{__name__}.Noted"]
    SEEN.clear()
    USED.clear()
    GO_ON.clear()


async def _ask(handler: OneThread | StaticFiles, target: str) -> ApplicationCommunicator:
    scope = {"type": "http", "method": "GET", "path": f"/{target}", "query_string": b""}
    client = ApplicationCommunicator(handler, {**scope, "headers": [(b"host", b"localhost")]})
    await client.send_input({"type": "http.request"})
    return client


async def _answer(target: str) -> bytes:
    client = await _ask(OneThread(), target)
    assert (await client.receive_output(10))["status"] == 200
    body = b""
    while (message := await client.receive_output(10)).get("more_body"):
        body += message["body"]
    await client.wait(10)
    return body + message.get("body", b"")


def test_middleware_and_view_run_in_one_thread_which_is_not_the_loops() -> None:
    assert async_to_sync(_answer)("plain") == b"plain"
    assert len(SEEN) == 5
    assert len({*SEEN}) == 1
    assert threading.get_ident() not in SEEN


def test_an_async_view_is_answered() -> None:
    assert async_to_sync(_answer)("awaited") == b"awaited"


def test_what_an_async_view_streams_is_sent_by_the_loop() -> None:
    assert async_to_sync(_answer)("streamed") == b"ab"
    assert SEEN[-1] not in SEEN[:-1]


async def _crowd(handler: OneThread, size: int, at_once: int) -> list[int]:
    """The statuses of so many slow requests, of which only so many are let in at once."""
    clients = [await _ask(handler, "slow") for _ in range(size)]
    try:
        for _ in range(at_once):
            assert await asyncio.to_thread(HERE.acquire, timeout=PATIENCE)
        assert not await asyncio.to_thread(HERE.acquire, timeout=0.2)
    finally:
        GO_ON.set()
    return [(await client.receive_output(PATIENCE))["status"] for client in clients]


def test_no_more_requests_are_worked_on_than_there_are_threads_and_the_others_wait(settings: Settings) -> None:
    settings.FLOWBIT = replace(options(), web_threads=2)
    assert async_to_sync(_crowd)(OneThread(), 6, 2) == [200] * 6


async def _connection_while_nobody_reads() -> Any:
    client = await _ask(OneThread(), "asking")
    assert (await client.receive_output(PATIENCE))["status"] == 200
    return USED[0].connection


@pytest.mark.django_db(transaction=True)
def test_who_reads_an_answer_slowly_keeps_no_connection_to_postgresql() -> None:
    assert async_to_sync(_connection_while_nobody_reads)() is None


async def _status(handler: StaticFiles, target: str) -> int:
    client = await _ask(handler, target)
    return int((await client.receive_output(PATIENCE))["status"])


@pytest.mark.parametrize("target", ["static/../../etc/passwd", "static/../manage.py", "static//etc/passwd"])
def test_a_path_that_leads_out_of_the_static_files_is_one_that_nobody_has(target: str) -> None:
    assert async_to_sync(_status)(StaticFiles(OneThread()), target) == 404
