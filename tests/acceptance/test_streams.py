"""Streams of a real web process, to clients that are as bad as clients are."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from pytest_django import Settings
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, unix_connect

from flowbit import up
from flowbit.embedded import addresses
from flowbit.embedded.redis import Redis
from jobs import services
from jobs.broker import broker as hot_path
from jobs.store import sql
from tests.acceptance import own
from tests.acceptance.system import TOKEN, System
from tests.jobs import scenes
from tests.jobs.live.listening import Headers, keyed

pytestmark = pytest.mark.acceptance
ADMIN = {"Authorization": f"Bearer {TOKEN}"}


@contextmanager
def listener(system: System, path: str, headers: Headers) -> Iterator[ClientConnection]:
    with unix_connect(
        str(system.folder / "web.sock"), f"ws://localhost{path}", additional_headers=headers
    ) as connection:
        yield connection


def told(connection: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of this type."""
    while True:
        message: dict[str, Any] = json.loads(connection.recv(timeout=30))
        if message["type"] == kind:
            return message


def deaf(system: System, path: str, headers: Headers) -> socket.socket:
    """A client that opens a stream and reads no more than that it is let in."""
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(system.folder / "web.sock"))
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    client.sendall("\r\n".join([*lines, "", ""]).encode())
    assert client.recv(12) == b"HTTP/1.1 101"
    return client


def is_open(system: System, path: str, headers: Headers) -> bool:
    """Whether one more may come in."""
    try:
        with listener(system, path, headers):
            return True
    except Exception as error:
        assert "429" in str(error), error
        return False


def test_who_never_reads_is_dropped_and_nobody_else_notices(system: System) -> None:
    mia, bob = scenes.user("mia"), scenes.user("bob")
    slow, quick = keyed(mia, "jobs:read"), keyed(bob, "jobs:read")
    system.web(STREAMS_PER_IDENTITY="1")
    client = deaf(system, "/ws", slow)
    assert not is_open(system, "/ws", slow)
    with listener(system, "/ws", quick) as other:
        told(other, "snapshot")

        def dropped() -> bool:
            wanted = [services.JobRequest(type="test.noop", owner_id=mia.pk) for _ in range(100)]
            services.enqueue_many(wanted)
            own_job = services.enqueue("test.noop", owner_id=bob.pk)
            assert told(other, "job")["job"]["id"] == str(own_job.id)
            return is_open(system, "/ws", slow)

        system.until(dropped, "the deaf one is dropped", 60)
    client.close()


def test_large_headers_are_answered_like_small_ones(system: System) -> None:
    """A browser sends the cookies of everything that ever was at this address."""
    bob = keyed(scenes.user("bob"), "jobs:read")
    system.web(**up.LARGE_HEADERS)
    large = {"Cookie": "x=" + "x" * 30_000, **{f"X-{number}": "1" for number in range(200)}}
    for path, headers in (("/ws", {**bob, **large}), (f"/ws?x={'x' * 30_000}", bob)):
        with listener(system, path, headers) as connection:
            assert told(connection, "snapshot")["jobs"] == []
    with pytest.raises(InvalidStatus, match="401|403"), listener(system, "/ws", large):
        pass


def test_sse_tells_the_same_and_goes_on(system: System) -> None:
    with system.web() as web:
        with web.stream("GET", "/sse/events") as answer:
            lines = answer.iter_lines()
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["x-accel-buffering"] == "no"
            assert next(lines).startswith("retry: ")
            assert event(lines)["type"] == "hello"
            job_id = str(services.enqueue("test.noop").id)
            message = event(lines)
            assert [one["job_id"] for one in message["events"]] == [job_id]
        missed = str(services.enqueue("test.noop").id)
        headers = {"Last-Event-ID": message["id"]}
        with web.stream("GET", "/sse/events", headers=headers) as answer:
            lines = answer.iter_lines()
            assert event(lines)["type"] == "hello"
            assert [one["job_id"] for one in event(lines)["events"]] == [missed]


def event(lines: Iterator[str]) -> dict[str, Any]:
    """The next one, whose id stands before it."""
    last = ""
    for line in lines:
        if line.startswith("id: "):
            last = line.removeprefix("id: ")
        if line.startswith("data: "):
            found: dict[str, Any] = json.loads(line.removeprefix("data: "))
            assert found["id"] == last
            return found
    raise AssertionError("the stream has ended")


@pytest.mark.parametrize("level", ["info", "debug"])
def test_no_token_of_an_address_or_a_header_is_logged(system: System, level: str) -> None:
    web = system.web(LOG_LEVEL=level)
    for path, headers in ((f"/ws/events?token={TOKEN}", {"Cookie": "sessionid=fb_secret_cookie"}), ("/ws", ADMIN)):
        with listener(system, path, headers):
            pass
    with web.stream("GET", f"/sse/events?token={TOKEN}", headers={"Authorization": ""}) as answer:
        assert answer.status_code in (200, 401)
    assert not is_refused_loudly(system, "/ws/events?token=fb_secret_wrong")
    log = system.processes[0].text()
    assert "/ws/events?..." in log
    assert TOKEN not in log
    assert "fb_secret" not in log
    assert "Traceback" not in log


def is_refused_loudly(system: System, path: str) -> bool:
    try:
        with listener(system, path, {}):
            return True
    except Exception as error:
        return "401" not in str(error)


@pytest.fixture
def own_redis(settings: Settings) -> Iterator[Redis]:
    """A Redis that may be killed; this process submits by no other."""
    with own.folder() as folder:
        server = Redis(folder)
        server.start()
        settings.FLOWBIT = replace(settings.FLOWBIT, redis_url=addresses.redis_url(folder))
        yield server
        server.stop()
    hot_path._shared_breaker.cache_clear()
    hot_path._submit_broker.cache_clear()


def test_when_redis_dies_and_comes_back_empty_listeners_are_told_and_go_on(
    system: System, own_redis: Redis, settings: Settings
) -> None:
    system.web(REDIS_URL=settings.FLOWBIT.redis_url)
    with listener(system, "/ws/events", ADMIN) as connection, listener(system, "/ws", ADMIN) as mine:
        told(connection, "hello")
        told(mine, "snapshot")
        own.kill(own_redis)
        own_redis.start()
        told(connection, "resync")

        def heard() -> bool:
            services.enqueue("test.noop")  # what this process tells Redis is lost for a second after a failure
            try:
                message = json.loads(connection.recv(timeout=2))
            except TimeoutError:
                return False
            return bool(message["type"] == "events")

        system.until(heard, "events come again")


def test_streams_hold_no_connection_to_postgresql(system: System) -> None:
    web = system.web()

    def connections() -> int:
        return int(sql.run("select count(*) from pg_stat_activity where datname = current_database()")[0][0])

    web.get("/health")
    before = connections()
    answers = [web.send(web.build_request("GET", "/sse/events"), stream=True) for _ in range(8)]
    assert {answer.status_code for answer in answers} == {200}
    system.until(lambda: connections() <= before, "they are closed")
    for answer in answers:
        answer.close()
