from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from jobs.api.schema import figures
from jobs.broker import Broker
from jobs.scheduler.statistics import Depths, Statistics
from jobs.store import duties, settle
from tests.jobs import builders, scenes
from tests.jobs.api.callers import look, ok, refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def past(broker: Broker) -> None:
    """Two jobs succeeded, one failed, one retries, two wait, one runs; and the figures have come to PostgreSQL."""
    scenes.worker()
    for how in ("succeeded", "succeeded", "failed", "retrying"):
        ends = [builders.settlement(scenes.running(), how, queue="default", type="test.anything")]
        settled = settle.settle(scenes.WORKER, "1", ends)
        broker.push(settled.ready, tally=settled.tally(ends))
    scenes.queued()
    scenes.queued(queue="critical")
    scenes.running()
    duties.lead("s-1", 60)
    duties.note("promoter", "s-1", 3, "", 0)
    Statistics(broker).run_once()
    Depths().run_once()


def test_the_overview(past: None, viewer: Client) -> None:
    found = ok(look(viewer, "overview"), figures.Overview)
    assert found["live"] == {"blocked": 0, "queued": 2, "retrying": 1, "running": 1, "scheduled": 0}
    assert (found["enqueued"], found["finished"]) == (7, {"cancelled": 0, "failed": 1, "succeeded": 2})
    assert (found["failure_rate"], found["retry_rate"]) == (0.3333, 0.25)
    assert found["run_ms"]["p50"] == pytest.approx(500, abs=251)
    assert (found["workers"]["alive"], found["workers"]["slots"]) == (1, 4)
    assert found["leader"]["holder"] == "s-1"
    assert (found["stores"]["postgresql"]["status"], found["stores"]["redis"]["status"]) == ("ok", "ok")
    assert [queue["name"] for queue in found["queues"]] == ["critical", "default"]
    assert sum(minute["enqueued"] for minute in found["trend"]) == 7
    assert len(found["trend"]) == 60


def test_the_window_has_bounds(past: None, viewer: Client) -> None:
    for minutes, steps, step in ((5, 5, 1), (120, 120, 1), (121, 25, 5), (600, 120, 5), (1440, 48, 30)):
        told = look(viewer, "overview", minutes=minutes).json()
        assert (len(told["trend"]), told["trend_minutes"]) == (steps, step)
    for minutes in ("0", "1441", "x"):
        assert list(refused(look(viewer, "overview", minutes=minutes), 400)["details"]) == ["minutes"]


def test_an_empty_system_has_an_overview(viewer: Client) -> None:
    found = ok(look(viewer, "overview"), figures.Overview)
    assert (found["leader"], found["failure_rate"], found["run_ms"]["p99"]) == (None, None, None)
    assert found["workers"]["alive"] == 0


def test_the_dashboard_has_all_in_one(past: None, viewer: Client) -> None:
    found = ok(look(viewer, "dashboard"), figures.Dashboard)
    assert [worker["id"] for worker in found["workers"]] == [scenes.WORKER]
    assert len(found["newest_jobs"]) == 7
    assert [group["count"] for group in found["failures"]] == [1]
    assert [(duty["name"], duty["total"]) for duty in found["duties"]] == [("promoter", 3)]


def test_the_number_of_queries_does_not_grow(past: None, viewer: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        scenes.queue(f"q{number}")
    with django_assert_max_num_queries(14):
        look(viewer, "overview")
    with django_assert_max_num_queries(24):
        look(viewer, "dashboard")


def test_figures_are_open_and_name_no_machine(past: None, client: Client) -> None:
    answer = look(client, "metrics")
    found = ok(answer, figures.Metrics)
    assert (found["live"]["queued"], found["finished"]["succeeded"], found["leader_alive"]) == (2, 2, True)
    assert scenes.WORKER not in answer.content.decode()
    assert "s-1" not in answer.content.decode()


def test_figures_can_be_closed(client: Client, viewer: Client, settings: Settings) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, metrics_open=False)
    refused(look(client, "metrics"), 401)
    ok(look(viewer, "metrics"), figures.Metrics)
