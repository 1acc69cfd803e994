"""Figures over hours and days."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Depth, Statistic
from jobs.queries.history import RANGES, history
from jobs.scheduler.spans import Spans
from tests.jobs import scenes

URL = "/admin/metrics/"
HOSTILE = '<script>alert(1)</script>{{ 7|add:"7" }}\u202eabc'
MINUTE = timedelta(minutes=1)


def text(client: Client, query: str = "", **headers: str) -> str:
    answer = client.get(f"{URL}{query}", headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def minute(ago: timedelta, queue: str = "default", type: str = "mail", **counts: int) -> None:
    counted = {f"{type}|{name.replace('__', '.')}": count for name, count in counts.items()}
    at = (timezone.now() - ago).replace(second=0, microsecond=0)
    Statistic.objects.create(queue=queue, minute=at, source=f"{type}", counts=counted)


def added_up() -> None:
    duty = Spans()
    for _ in range(20):
        duty.run_once()


@pytest.mark.parametrize("name", list(RANGES))
def test_each_range_has_what_lies_in_it_once(roles: None, name: str) -> None:
    for hours in (0, 3, 20, 60, 300):
        minute(timedelta(hours=hours), enqueued=1, started=2, state__failed=1)
    added_up()
    found = history(RANGES[name])
    days = list(RANGES).index(name) + 1
    assert (found.total.enqueued, found.total.started, found.total.states) == (days, 2 * days, {"failed": days})
    assert sum(bucket.figures.started for bucket in found.buckets) == 2 * days
    assert len(found.buckets) == RANGES[name].minutes // RANGES[name].bucket
    assert found.queues["default"].started == found.types["mail"].started == 2 * days


def test_queue_and_type_narrow_it(roles: None) -> None:
    minute(MINUTE, "a", "mail", started=1)
    minute(MINUTE, "b", "mail", started=2)
    minute(MINUTE, "b", "mail.bulk", started=4)
    one = RANGES["1h"]
    assert history(one).total.started == 7
    assert (history(one, "b").total.started, set(history(one, "b").queues)) == (6, {"b"})
    assert (history(one, type_="mail").total.started, set(history(one, type_="mail").types)) == (3, {"mail"})
    assert history(one, "a", "mail.bulk").total.started == 0


def test_an_empty_system_says_what_will_appear(viewer: Client) -> None:
    assert "Nothing has happened in this time" in text(viewer)


def test_rates_latency_and_backlog_are_shown_by_type_and_by_queue(viewer: Client) -> None:
    minute(2 * MINUTE, enqueued=120, started=60, state__succeeded=40, state__failed=20, run__4=60, wait__7=60)
    Depth.objects.create(queue="default", type="mail", state="queued", count=77, oldest=timezone.now() - 2 * MINUTE)
    page = text(viewer)
    assert '<span class="value">2.0</span>' in page
    assert "33.3 %" in page
    assert ">77</td>" in page
    assert 'href="/admin/jobs/deadletter/?type=mail"' in page
    assert 'href="/admin/jobs/deadletter/?queue=default"' in page
    assert 'href="/admin/metrics/?type=mail"' in page
    assert 'data-chart="line"' in page


def test_the_range_stays_while_one_narrows(viewer: Client) -> None:
    minute(MINUTE, started=1)
    added_up()
    page = text(viewer, "?range=24h&queue=default")
    assert 'href="/admin/metrics/?range=24h&amp;queue=default&amp;type=mail"' in page
    assert 'href="/admin/metrics/?queue=default&amp;range=3d"' in page
    assert 'name="range" value="24h"' in page


def test_what_others_named_is_escaped(viewer: Client) -> None:
    minute(MINUTE, HOSTILE, HOSTILE, started=1, state__failed=1)
    page = text(viewer)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7" in page


@pytest.mark.parametrize("query", ["?range=7y", "?queue=%00", "?nonsense=1"])
def test_a_filter_that_is_not_understood_is_named(viewer: Client, query: str) -> None:
    assert "This filter is not understood" in text(viewer, query)


def test_a_type_that_nobody_knows_has_nothing(viewer: Client) -> None:
    assert "Nothing has happened in this time" in text(viewer, "?type=%3Cscript%3E&queue=' or 1=1")


def test_who_may_not_see_jobs_does_not_see_them(nobody: Client, client: Client, ordinary: Client) -> None:
    assert nobody.get(URL).status_code == 403
    assert nobody.get(f"{URL}?panel=figures", headers={"HX-Request": "true"}).status_code == 403
    for one in (client, ordinary):
        assert one.get(URL).status_code == 302
    assert client.get(f"{URL}?panel=figures", headers={"HX-Request": "true"}).status_code == 401


def test_many_queues_and_types_take_no_more_queries_than_one(
    viewer: Client, django_assert_max_num_queries: Any
) -> None:
    minute(MINUTE, started=1)
    with CaptureQueriesContext(connection) as few:
        text(viewer, "?panel=figures")
    for number in range(60):
        minute(MINUTE, scenes.queue(f"q-{number}"), f"type-{number}", started=1)
    with django_assert_max_num_queries(len(few)) as many:
        assert "and 11 more" in text(viewer, "?panel=figures")
    assert len(many) == len(few) <= 8
