"""`GET /metrics`: formats, and who may read it."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from jobs.broker import Broker
from jobs.services import api_keys
from jobs.services.api_keys import Wanted
from jobs.services.audit import Actor
from tests.jobs import builders, scenes
from tests.jobs.api.callers import refused
from tests.jobs.metrics.reading import openmetrics_series, series, value

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = """
    jobs_total jobs_failed_total jobs_duration_seconds job_queue_latency_seconds queue_depth workers_active
    jobs_retried_total jobs_dead_lettered_total jobs_throttled_total leases_recovered_total fenced_results_total
    duplicates_suppressed_total jobs_enqueued_total jobs_started_total jobs_active worker_slots worker_slots_busy
    worker_heartbeat_age_seconds scheduler_leader reconciled_total
"""


@pytest.fixture
def closed(settings: Settings) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, metrics_open=False)


def key(scope: str, **limits: object) -> dict[str, str]:
    admin = scenes.User.objects.filter(username="root").first() or scenes.User.objects.create_superuser("root")
    token = api_keys.make(admin, Wanted(name=scope, scopes=[scope], **limits), Actor.shell(), None).token  # type: ignore[arg-type] # fields of it
    return {"Authorization": f"Bearer {token}"}


def test_every_name_is_there(broker: Broker, client: Client) -> None:
    scenes.queued()
    text = client.get("/metrics").content.decode()
    told = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert {f"flowbit_{name}" for name in NAMES.split()} <= told


def test_the_same_figures_in_both_formats(broker: Broker, client: Client) -> None:
    scenes.queued()
    text, strict = client.get("/metrics"), client.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert text["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert strict["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert series(text.content.decode()) == openmetrics_series(strict.content.decode())
    assert text["Cache-Control"] == "no-store"


def test_whatever_a_client_accepts_it_gets_a_page(client: Client) -> None:
    for accept in ("text/html", "image/png", "nonsense", "application/openmetrics-text;version=9.9.9"):
        answer = client.get("/metrics", headers={"Accept": accept})
        assert (answer.status_code, answer["Content-Type"][:10]) == (200, "text/plain")


def test_while_open_a_wrong_credential_is_not_looked_at(client: Client) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer fb_wrong"}).status_code == 200


def test_only_get(client: Client) -> None:
    assert client.post("/metrics").status_code == 405
    assert client.head("/metrics").status_code == 200


def test_closed_it_is_for_those_who_may_view_all_jobs(closed: None, broker: Broker, client: Client) -> None:
    refused(client.get("/metrics"), 401)
    refused(client.get("/metrics", headers={"Authorization": "Bearer fb_wrong"}), 401)
    for name, permissions, status in (("nobody", (), 403), ("viewer", ("view_job",), 200)):
        client.force_login(scenes.user(name, *permissions))
        assert client.get("/metrics").status_code == status, name


def test_closed_a_key_must_read_jobs_of_all_tenants_and_queues(closed: None, broker: Broker, client: Client) -> None:
    assert client.get("/metrics", headers=key("jobs:read")).status_code == 200
    refused(client.get("/metrics", headers=key("jobs:write")), 403)
    refused(client.get("/metrics", headers=key("jobs:read", tenant_id="tenant-a")), 403)
    refused(client.get("/metrics", headers=key("jobs:read", queues=["default"])), 403)


def test_without_redis_it_says_so(broker: Broker, client: Client, settings: Settings) -> None:
    with builders.redis_away(settings):
        answer = client.get("/metrics")
    assert answer.status_code == 200
    assert value(series(answer.content.decode()), "up", store="redis") == 0


def test_without_both_stores_it_is_unavailable(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    with builders.redis_away(settings):
        answer = client.get("/metrics", headers={"Accept": "text/plain"})
    assert refused(answer, 503)["code"] == "store_unavailable"
    assert answer["Retry-After"] == "5"
