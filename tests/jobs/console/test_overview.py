"""The page that everybody lands on."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Queue, Statistic
from tests.jobs import scenes

URL = "/admin/"
MOST_QUERIES = 40


def html(client: Client, panel: str = "") -> str:
    answer = client.get(f"{URL}?panel={panel}" if panel else URL)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_system_says_what_will_appear(viewer: Client) -> None:
    page = html(viewer)
    for said in ("Nothing has ended in the last hour", "No worker is alive", "Nothing has failed"):
        assert said in page


def test_a_failing_type_leads_to_its_dead_letters(viewer: Client) -> None:
    counts = {"mail|state.failed": 5, "mail|state.succeeded": 1, "mail|run.3": 6}
    Statistic.objects.create(queue="default", minute=timezone.now(), source="a", counts=counts)
    assert 'href="/admin/jobs/deadletter/?type=mail"' in html(viewer, "types")
    assert "mail fails: 5 of 6" in html(viewer, "concerns")


def test_counters_lead_to_what_they_count(viewer: Client) -> None:
    assert 'href="/admin/jobs/job/?state=retrying"' in html(viewer, "counters")


def test_a_dead_letter_opens_in_the_drawer(viewer: Client) -> None:
    job_id = scenes.failed()
    assert f'href="/admin/jobs/job/{job_id}/change/" data-drawer' in html(viewer, "failures")


def test_what_people_wrote_is_escaped(viewer: Client) -> None:
    scenes.queue("mail")
    Queue.objects.filter(name="mail").update(mode="paused", by="<i>", why="<script>alert(1)</script>{{ 7 }}")
    scenes.fail(scenes.running(), 1, "<script>alert(2)</script>")
    page = html(viewer)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 }}" in page


def test_the_page_asks_as_much_for_many_rows_as_for_few(viewer: Client) -> None:
    html(viewer)
    with CaptureQueriesContext(connection) as few:
        html(viewer)
    for number in range(30):
        scenes.queue(f"q-{number}")
        scenes.worker(f"w-{number}")
    for _ in range(5):
        scenes.failed()
    with CaptureQueriesContext(connection) as many:
        html(viewer)
    assert len(few) == len(many) <= MOST_QUERIES


@pytest.mark.parametrize("panel", ["queues", "workers", "failures", "types", "stores"])
def test_each_panel_asks_little(viewer: Client, panel: str, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(16):
        html(viewer, panel)
