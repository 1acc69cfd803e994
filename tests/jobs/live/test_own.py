"""`/ws`: one's own jobs; and one job that somebody follows."""

from typing import Any
from uuid import UUID

import pytest

from jobs import services
from jobs.broker import Broker
from jobs.services import steer
from jobs.services.audit import Actor
from tests.jobs import builders, scenes
from tests.jobs.live.listening import Listener, Refused, do, keyed, listening, redis_that_waits, run, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _empty(transactional_db: None, broker: Broker) -> None:
    """An empty Redis."""


def submit(**fields: Any) -> str:
    return str(services.enqueue("test.noop", **fields).id)


async def states(listener: Listener, job_id: str, last: str) -> list[str]:
    """Those that the job is told to have, until `last`."""
    found: list[str] = []
    while last not in found:
        message = await listener.until(lambda one: one["type"] == "job" and one["job"]["id"] == job_id)
        found.append(message["job"]["state"])
    return found


def test_first_come_the_jobs_there_are_newest_first_without_what_is_in_them() -> None:
    async def scene() -> None:
        mia = await do(lambda: scenes.user("mia"))
        first, second = [await do(submit, owner_id=mia.pk, payload={"secret": "s"}) for _ in range(2)]
        await do(submit, owner_id=mia.pk + 1)
        async with listening("/ws", await do(signed_in, mia)) as listener:
            snapshot = await listener.message()

        assert snapshot["type"] == "snapshot"
        assert [one["id"] for one in snapshot["jobs"]] == [second, first]
        assert {one["payload"] for one in snapshot["jobs"]} == {None}

    run(scene)


def test_then_each_change_of_an_own_job_and_none_of_others() -> None:
    async def scene() -> None:
        mia = await do(lambda: scenes.user("mia", "view_job", tenants=["t"]))
        async with listening("/ws", await do(signed_in, mia)) as listener:
            assert (await listener.message())["jobs"] == []
            await do(submit, owner_id=mia.pk + 1, tenant_id="t")
            job_id = await do(submit, owner_id=mia.pk)
            message = await listener.message()
            assert (message["type"], message["job"]["id"], message["job"]["state"]) == ("job", job_id, "queued")
            await do(steer.cancel, [UUID(job_id)], Actor.system())
            assert await states(listener, job_id, "cancelled") == ["cancelled"]

    run(scene)


def test_a_batch_that_is_only_counted_is_told_job_by_job() -> None:
    async def scene() -> None:
        mia = await do(lambda: scenes.user("mia"))
        async with listening("/ws", await do(signed_in, mia)) as listener:
            await listener.message()
            wanted = [services.JobRequest(type="test.noop", owner_id=mia.pk) for _ in range(80)]
            made = [str(one.id) for one in await do(services.enqueue_many, wanted)]
            found = [(await listener.message())["job"]["id"] for _ in made]

        assert found == made

    run(scene)


def test_what_nobody_told_redis_of_shows_at_the_next_look(broker: Broker) -> None:
    async def scene() -> None:
        mia = await do(lambda: scenes.user("mia"))
        async with listening("/ws", await do(signed_in, mia)) as listener:
            await listener.message()
            job_id = str(await do(builders.queued, owner_id=mia.pk))
            broker.flush()
            assert await states(listener, job_id, "queued") == ["queued"]

    run(scene)


def test_what_happens_before_there_is_a_feed_is_told_nonetheless() -> None:
    async def scene() -> None:
        mia = await do(lambda: scenes.user("mia"))
        headers = await do(signed_in, mia)
        with redis_that_waits() as speak:
            async with listening("/ws", headers) as listener:
                assert (await listener.message())["jobs"] == []
                job_id = str(await do(builders.queued, owner_id=mia.pk))
                speak()
                assert (await listener.message())["job"]["id"] == job_id

    run(scene)


def test_a_second_window_begins_with_the_jobs_as_they_are() -> None:
    async def scene() -> None:
        mia = await do(lambda: scenes.user("mia"))
        headers = await do(signed_in, mia)
        async with listening("/ws", headers) as listener:
            await listener.message()
            job_id = await do(submit, owner_id=mia.pk)
            await listener.message()
            async with listening("/ws", headers) as other:
                assert [one["id"] for one in (await other.message())["jobs"]] == [job_id]
                later = await do(submit, owner_id=mia.pk)
                assert [(await one.message())["job"]["id"] for one in (listener, other)] == [later, later]

    run(scene)


def test_a_key_of_some_queues_shows_the_jobs_in_these() -> None:
    async def scene() -> None:
        mia = await do(lambda: scenes.user("mia"))
        wanted = await do(submit, owner_id=mia.pk, queue="bulk")
        await do(submit, owner_id=mia.pk)
        async with listening("/ws", await do(lambda: keyed(mia, "jobs:write", queues=("bulk",)))) as listener:
            assert [one["id"] for one in (await listener.message())["jobs"]] == [wanted]
        async with listening("/ws", await do(lambda: keyed(mia, "worker"))) as listener:
            assert (await listener.message())["jobs"] == []

    run(scene)


def test_one_job_is_followed_by_its_events_and_its_state() -> None:
    async def scene() -> None:
        mia = await do(lambda: scenes.user("mia"))
        job_id, other = [await do(submit, owner_id=mia.pk) for _ in range(2)]
        async with listening(f"/ws/events?job={job_id}", await do(signed_in, mia)) as listener:
            assert (await listener.until(lambda one: one["type"] == "job"))["job"]["id"] == job_id
            await do(steer.cancel, [UUID(other), UUID(job_id)], Actor.system())
            found = await listener.heard("job.cancelled")
            assert {one["job_id"] for one in found} == {job_id}
            assert await states(listener, job_id, "cancelled") == ["cancelled"]

    run(scene)


def test_nobody_follows_a_job_that_they_may_not_see() -> None:
    async def scene() -> None:
        mia, eve = await do(lambda: (scenes.user("mia"), scenes.user("eve")))
        job_id = await do(submit, owner_id=mia.pk)
        with pytest.raises(Refused) as refusal:
            async with listening(f"/ws/events?job={job_id}", await do(signed_in, eve)):
                pass
        assert refusal.value.status == 404

    run(scene)
