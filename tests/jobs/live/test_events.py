"""`/ws/events`: what happens, to whoever may know of it."""

import asyncio
from typing import Any

import pytest

from jobs import services
from jobs.broker import Broker
from jobs.live.asking import THREADS, askers
from jobs.news import News, Told
from jobs.services import queues
from jobs.services.audit import Actor
from jobs.store import sql
from tests.jobs import scenes
from tests.jobs.live.listening import do, keyed, listening, run, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _empty(transactional_db: None, broker: Broker) -> None:
    """An empty Redis."""


def submit(**fields: Any) -> str:
    return str(services.enqueue("test.noop", **fields).id)


def pause(name: str = "default") -> None:
    queues.pause(name, Actor.system())


def test_events_come_with_ids_kinds_and_no_payload() -> None:
    async def scene() -> None:
        headers = await do(lambda: signed_in(scenes.user("vera", "view_job", "view_queue")))
        async with listening("/ws/events", headers) as listener:
            hello = await listener.message()
            job_id = await do(submit, payload={"secret": "s"}, owner_id=1, tenant_id="t")
            message = await listener.message()
            await do(pause)
            paused = await listener.message()

        assert hello["type"] == "hello"
        [event] = message["events"]
        assert event == {
            "id": f"{message['id']}.0",
            "kind": "job.enqueued",
            "at": event["at"],
            "job_id": job_id,
            "job_type": "test.noop",
            "tenant_id": "t",
            "queue": "default",
        }
        assert message["counts"] == []
        assert [(one["kind"], one["actor"]) for one in paused["events"]] == [("queue.paused", "system")]
        assert hello["id"] < message["id"] < paused["id"]

    run(scene)


def test_many_at_once_are_counted() -> None:
    async def scene() -> None:
        headers = await do(lambda: signed_in(scenes.user("vera", "view_job")))
        async with listening("/ws/events", headers) as listener:
            await listener.message()
            await do(services.enqueue_many, [services.JobRequest(type="test.noop") for _ in range(300)])
            message = await listener.message()

        assert message["events"] == []
        assert message["counts"] == [{"kind": "job.enqueued", "queue": "default", "count": 300}]

    run(scene)


def test_the_light_form_says_only_what_to_look_at_again() -> None:
    async def scene() -> None:
        headers = await do(lambda: signed_in(scenes.user("vera", "view_job", "view_queue")))
        async with listening("/ws/events?changes=1", headers) as listener:
            await listener.message()
            job_id = await do(submit)
            first = await listener.message()
            await do(pause)
            second = await listener.message()

        assert first == {
            "id": first["id"],
            "type": "changed",
            "kinds": {"job.enqueued": 1},
            "queues": ["default"],
            "jobs": [job_id],
        }
        assert (second["kinds"], second["jobs"]) == ({"queue.paused": 1}, [])

    run(scene)


def test_without_the_permission_to_see_all_one_hears_of_ones_own_and_ones_tenants_jobs() -> None:
    async def scene() -> None:
        mia = await do(lambda: scenes.user("mia", "submit_job", tenants=["a"]))
        headers = await do(signed_in, mia)
        async with listening("/ws/events", headers) as listener:
            await listener.message()
            own = await do(submit, owner_id=mia.pk)
            await do(submit, owner_id=mia.pk + 1)
            await do(submit, owner_id=mia.pk + 1, tenant_id="b")
            await do(pause)
            shared = await do(submit, owner_id=mia.pk + 1, tenant_id="a")
            found = await listener.heard("job.enqueued")
            while found[-1]["job_id"] != shared:
                found += await listener.heard("job.enqueued")

        assert [one["job_id"] for one in found] == [own, shared]

    run(scene)


def test_a_key_hears_within_its_tenant_and_queues_only() -> None:
    async def scene() -> None:
        admin = await do(lambda: scenes.user("admin", "view_job", "view_queue", "view_worker"))
        headers = await do(lambda: keyed(admin, "jobs:read", tenant_id="a", queues=("bulk",)))
        async with listening("/ws/events", headers) as listener:
            await listener.message()
            await do(submit, tenant_id="a")
            await do(submit, tenant_id="b", queue="bulk")
            await do(pause)
            await do(pause, "bulk")
            wanted = await do(submit, tenant_id="a", queue="bulk")
            [found] = await listener.heard("job.enqueued")

        assert found["job_id"] == wanted

    run(scene)


def test_who_cannot_be_told_whose_jobs_they_were_is_told_to_look_again(broker: Broker) -> None:
    async def scene() -> None:
        headers = await do(lambda: signed_in(scenes.user("mia")))
        async with listening("/ws/events", headers) as listener:
            await listener.message()
            broker.push([], news=News(Told("job.started", "default", None, None, 900)))
            assert (await listener.message())["type"] == "resync"

    run(scene)


def test_a_database_that_does_not_answer_holds_up_nobody_who_listens(broker: Broker) -> None:
    lock, unlock = "select pg_advisory_lock(7)", "select pg_advisory_unlock(7)"
    wait = "select pg_advisory_xact_lock(7)"

    async def scene() -> None:
        headers = await do(lambda: signed_in(scenes.user("vera", "view_job")))
        async with listening("/ws/events", headers) as listener:
            await listener.message()
            stuck = [asyncio.create_task(askers.ask(60, sql.run, wait)) for _ in range(2 * THREADS)]
            broker.push([], news=News(Told("job.started", "default", "", None, 900)))
            assert (await listener.message())["counts"][0]["count"] == 900
            for task in stuck:
                task.cancel()
            await asyncio.gather(*stuck, return_exceptions=True)

    sql.run(lock)
    try:
        run(scene)
    finally:
        sql.run(unlock)
