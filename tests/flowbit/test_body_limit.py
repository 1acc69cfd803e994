import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application

from flowbit.body_limit import BodyLimit

CHUNK = b"x" * 100


def post(chunks: int, *headers: tuple[bytes, bytes], most: int = 1000) -> tuple[list[Any], int]:
    """What the real application answers to a sign-in of so many chunks, and how many of them were taken."""
    sent: list[Any] = []
    taken = 0

    async def receive() -> Any:
        nonlocal taken
        if taken == chunks:
            await asyncio.Event().wait()  # the client waits for its answer
        taken += 1
        return {"type": "http.request", "body": CHUNK, "more_body": taken < chunks}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/auth/token",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json"), *headers],
    }
    async_to_sync(BodyLimit(get_asgi_application(), most))(scope, receive, send)
    return sent, taken


def refusal(sent: list[Any]) -> tuple[int, str]:
    starts = [message["status"] for message in sent if message["type"] == "http.response.start"]
    body = b"".join(message.get("body", b"") for message in sent)
    assert len(starts) == 1
    return starts[0], json.loads(body)["code"]


@pytest.mark.django_db(transaction=True)
def test_a_body_within_the_limit_reaches_its_view() -> None:
    sent, taken = post(10, (b"content-length", b"1000"))
    assert (refusal(sent), taken) == ((400, "parse_error"), 10)


def test_a_long_body_is_taken_up_to_the_limit_only() -> None:
    sent, taken = post(1000)
    assert (refusal(sent), taken) == ((413, "too_large"), 11)


def test_of_a_body_that_says_that_it_is_too_long_nothing_is_taken() -> None:
    sent, taken = post(1000, (b"content-length", b"100000"))
    assert (refusal(sent), taken) == ((413, "too_large"), 0)


@pytest.mark.django_db(transaction=True)
def test_a_length_that_is_no_number_is_counted_all_the_same() -> None:
    sent, taken = post(1000, (b"content-length", "²".encode()))
    assert (refusal(sent)[0], taken) == (413, 11)
