"""Django behind ASGI, as the web process calls it."""

import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from pytest_django import Settings

from flowbit.handler import OneThread

SEEN: list[int] = []


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


urlpatterns = [path("plain", plain), path("awaited", awaited), path("streamed", streamed)]


@pytest.fixture(autouse=True)
def _small(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [f"{__name__}.Noted", "django.middleware.common.CommonMiddleware", f"{__name__}.Noted"]
    SEEN.clear()


async def _answer(target: str) -> bytes:
    scope = {"type": "http", "method": "GET", "path": f"/{target}", "query_string": b""}
    client = ApplicationCommunicator(OneThread(), {**scope, "headers": [(b"host", b"localhost")]})
    await client.send_input({"type": "http.request"})
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
