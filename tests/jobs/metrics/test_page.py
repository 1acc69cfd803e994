from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from jobs.broker import Broker
from jobs.errors import StoreUnavailable
from jobs.metrics.page import FRESH, Page
from jobs.scheduler.statistics import Depths
from jobs.store import duties, settle
from tests.jobs import builders, scenes
from tests.jobs.metrics.reading import Series, labels, series, value

pytestmark = pytest.mark.django_db(transaction=True)
TYPE = "test.anything"
HERE = {"queue": "default", "type": TYPE}


class Time:
    """Stands still until it is told to go on."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def page(broker: Broker, time: Time) -> Page:
    return Page(time)


@pytest.fixture
def postgres_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """For whoever connects now."""
    for name, put in (("HOST", "127.0.0.1"), ("PORT", "1")):
        monkeypatch.setitem(connection.settings_dict, name, put)


def read(page: Page) -> Series:
    return series(page.show("").body.decode())


def end(broker: Broker, how: str) -> None:
    ends = [builders.settlement(scenes.running(), how, queue="default", type=TYPE)]
    settled = settle.settle(scenes.WORKER, "1", ends)
    broker.push(settled.ready, tally=settled.tally(ends))


def test_it_tells_what_happened_and_how_things_stand(broker: Broker, page: Page) -> None:
    scenes.worker()
    for how in ("succeeded", "succeeded", "failed", "retrying"):
        end(broker, how)
    scenes.queued()
    scenes.running()
    duties.lead("s-1", 60)
    duties.note("reconciler", "s-1", 3, "", 0)
    Depths().run_once()
    found = read(page)
    assert value(found, "jobs_enqueued_total", **HERE) == 6
    assert value(found, "jobs_total", **HERE, state="succeeded") == 2
    assert value(found, "jobs_duration_seconds_count", type=TYPE) == 4
    assert value(found, "queue_depth", queue="default", state="queued") == 1
    assert value(found, "queue_depth", queue="default", state="retrying") == 1
    assert value(found, "jobs_active", queue="default") == 1
    assert 0 <= value(found, "queue_depth_age_seconds") < 60
    assert value(found, "workers_active", mode="active") == 1
    assert value(found, "workers_active", mode="cordoned") == 0
    assert value(found, "worker_slots", mode="active") == 4
    assert 0 <= value(found, "worker_heartbeat_age_seconds") < 60
    assert value(found, "scheduler_leader") == 1
    assert value(found, "reconciled_total", duty="reconciler") == 3
    assert (value(found, "up", store="postgresql"), value(found, "up", store="redis")) == (1, 1)


def test_an_empty_system_has_a_page(page: Page) -> None:
    found = read(page)
    assert (value(found, "scheduler_leader"), value(found, "workers_active", mode="active")) == (0, 0)
    assert labels(found, "jobs_total", "type") == set()


def test_a_dead_worker_is_missed_by_its_heartbeat_but_counts_no_slots(page: Page) -> None:
    scenes.worker(lease=-1.0)
    found = read(page)
    assert (value(found, "workers_active", mode="active"), value(found, "worker_slots", mode="active")) == (0, 0)
    assert value(found, "worker_heartbeat_age_seconds") >= 0


def test_it_names_no_machine_and_no_person(page: Page) -> None:
    scenes.worker("host-of-somebody-17")
    duties.lead("another-host-18", 60)
    scenes.running(tenant_id="tenant-a")
    text = page.show("").body.decode()
    assert not [name for name in ("host-of-somebody", "another-host", "tenant-a") if name in text]


def test_whoever_asks_again_within_a_second_asks_no_store(page: Page, time: Time) -> None:
    before = page.show("").body
    scenes.queued()
    with statements() as asked:
        assert page.show("").body == before
    assert asked == []
    time.now += FRESH
    assert value(read(page), "jobs_enqueued_total", **HERE) == 1


def test_the_number_of_queries_does_not_grow_and_none_counts_what_waits(page: Page, time: Time) -> None:
    for number in range(20):
        scenes.queued(queue=f"q{number}")
        scenes.worker(f"w-{number}")
    with statements() as asked:
        page.show("")
    assert len(asked) <= 8
    assert [parameters for sql, parameters in asked if "jobs_job" in sql] == [("running",)]


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """What PostgreSQL is asked meanwhile, with parameters."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, parameters: Any, *rest: Any) -> Any:
        asked.append((sql, parameters))
        return execute(sql, parameters, *rest)

    with connection.execute_wrapper(note):
        yield asked


def test_without_redis_it_tells_what_postgresql_knows(page: Page, settings: Settings) -> None:
    scenes.worker()
    with builders.redis_away(settings):
        found = read(page)
    assert (value(found, "up", store="postgresql"), value(found, "up", store="redis")) == (1, 0)
    assert value(found, "workers_active", mode="active") == 1
    assert labels(found, "jobs_enqueued_total", "queue") == set()


def test_without_postgresql_it_tells_what_redis_knows(page: Page, time: Time, request: pytest.FixtureRequest) -> None:
    scenes.queued()
    assert value(read(page), "jobs_enqueued_total", **HERE) == 1
    request.getfixturevalue("postgres_is_away")
    time.now += FRESH
    found = read(page)
    assert (value(found, "up", store="postgresql"), value(found, "up", store="redis")) == (0, 1)
    assert value(found, "jobs_enqueued_total", **HERE) == 1
    assert labels(found, "workers_active", "mode") == set()


def test_without_both_there_is_no_page(page: Page, postgres_is_away: None, settings: Settings) -> None:
    with builders.redis_away(settings), pytest.raises(StoreUnavailable):
        page.show("")


def counters(found: Series) -> Series:
    return {key: count for key, count in found.items() if key[0].endswith(("_total", "_count", "_sum", "_bucket"))}


def test_two_pages_agree(broker: Broker, page: Page, time: Time) -> None:
    """Whichever web process is asked, a counter is the same, and does not go back."""
    scenes.worker()
    end(broker, "succeeded")
    assert (
        Page(time).show("").body.split(b"# HELP flowbit_queue")[0]
        == page.show("").body.split(b"# HELP flowbit_queue")[0]
    )
    end(broker, "succeeded")
    assert value(read(Page(time)), "jobs_total", **HERE, state="succeeded") == 2


def test_a_flush_of_redis_is_a_reset(broker: Broker, page: Page, time: Time) -> None:
    """Counters begin anew, as after a restart, and are never filled up from PostgreSQL's minutes."""
    scenes.queued()
    scenes.queued()
    assert value(read(page), "jobs_enqueued_total", **HERE) == 2
    broker.flush()
    time.now += FRESH
    assert labels(read(page), "jobs_enqueued_total", "queue") == set()
    scenes.queued()
    time.now += FRESH
    assert value(read(page), "jobs_enqueued_total", **HERE) == 1
