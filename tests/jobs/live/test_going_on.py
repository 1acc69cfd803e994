"""Who comes back goes on where they were, or is told that nobody can tell what they missed."""

from typing import Any

import pytest

from jobs import services
from jobs.broker import Broker
from jobs.broker.feed import NOWHERE
from tests.jobs import scenes
from tests.jobs.live.listening import Headers, do, listening, redis_that_waits, run, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _empty(transactional_db: None, broker: Broker) -> None:
    """An empty Redis."""


async def vera() -> Headers:
    return await do(lambda: signed_in(scenes.user("vera", "view_job")))


def submit(**fields: Any) -> str:
    return str(services.enqueue("test.noop", **fields).id)


async def place(headers: Headers) -> str:
    """How far somebody was who heard one job."""
    async with listening("/ws/events", headers) as listener:
        await listener.message()
        await do(submit)
        return str((await listener.message())["id"])


def test_nothing_is_missing_and_nothing_comes_twice() -> None:
    async def scene() -> None:
        headers = await vera()
        since = await place(headers)
        missed = [await do(submit) for _ in range(3)]
        async with listening(f"/ws/events?since={since}", headers) as listener:
            assert (await listener.message())["type"] == "hello"
            message = await listener.message()
            assert [one["job_id"] for one in message["events"]] == missed
            later = await do(submit)
            assert [one["job_id"] for one in (await listener.message())["events"]] == [later]

    run(scene)


def test_one_may_go_on_after_one_event_of_a_batch() -> None:
    async def scene() -> None:
        headers = await vera()
        async with listening("/ws/events", headers) as listener:
            await listener.message()
            await do(services.enqueue_many, [services.JobRequest(type="test.noop") for _ in range(3)])
            first, *others = (await listener.message())["events"]
        async with listening(f"/ws/events?since={first['id']}", headers) as listener:
            await listener.message()
            assert (await listener.message())["events"] == others

    run(scene)


def test_the_light_form_goes_on_too() -> None:
    async def scene() -> None:
        headers = await vera()
        since = await place(headers)
        await do(submit)
        async with listening(f"/ws/events?changes=1&since={since}", headers) as listener:
            await listener.message()
            assert (await listener.message())["kinds"] == {"job.enqueued": 1}

    run(scene)


def test_a_browser_says_in_a_header_how_far_it_came() -> None:
    async def scene() -> None:
        headers = await vera()
        since = await place(headers)
        missed = await do(submit)
        async with listening("/ws/events?since=0-0", {**headers, "Last-Event-ID": since}) as listener:
            await listener.message()
            assert [one["job_id"] for one in (await listener.message())["events"]] == [missed]

    run(scene)


@pytest.mark.parametrize("since", ["0-0", "1-1", "9999999999999-0", "nonsense", "1-1.99999", "%00", "-1-1"])
def test_from_a_place_that_is_not_there_one_must_look_again(since: str) -> None:
    async def scene() -> None:
        headers = await vera()
        await place(headers)
        async with listening(f"/ws/events?since={since}", headers) as listener:
            assert [(await listener.message())["type"] for _ in range(2)] == ["hello", "resync"]

    run(scene)


def test_after_redis_has_lost_everything_one_must_look_again_and_hears_what_follows(broker: Broker) -> None:
    async def scene() -> None:
        headers = await vera()
        async with listening("/ws/events", headers) as listener:
            before = (await listener.message())["id"]
            broker.flush()
            found = await listener.until(lambda one: one["type"] == "resync")
            assert found["id"] > before
            job_id = await do(submit)
            assert [one["job_id"] for one in (await listener.message())["events"]] == [job_id]
        async with listening(f"/ws/events?since={before}", headers) as listener:
            assert [(await listener.message())["type"] for _ in range(2)] == ["hello", "resync"]

    run(scene)


def test_who_came_before_there_was_a_feed_hears_when_to_look_again() -> None:
    async def scene() -> None:
        headers = await vera()
        with redis_that_waits() as speak:
            async with listening("/ws/events", headers) as listener:
                assert await listener.message() == {"id": NOWHERE, "type": "hello"}
                speak()
                assert (await listener.message())["type"] == "resync"

    run(scene)
