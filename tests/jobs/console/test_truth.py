"""Do the stores agree? The page, and flushing Redis from it."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from jobs.broker import Broker
from jobs.models import AuditEntry
from jobs.services import agreement
from jobs.services.rebuild import rebuild
from jobs.store import duties, insert, lookout
from tests.jobs import builders, scenes

URL, REBUILD = "/admin/stores/", "/admin/stores/rebuild/"
HTMX = {"HX-Request": "true"}
HOSTILE = '<script>alert(1)</script> {{ 7|add:"7" }}'


def text(client: Client, url: str, **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def stores(transactional_db: None, broker: Broker) -> Broker:
    """One queue with two jobs that both stores know."""
    insert.add_queues(["default"])
    assert rebuild(broker, "default")
    broker.push(lookout.still_queued([builders.queued(), builders.queued()]))
    return broker


@pytest.mark.parametrize("healed", [(1, "id"), (3, "ids")], ids=["one", "some"])
def test_in_good_order_it_says_that_they_agree(viewer: Client, stores: Broker, healed: tuple[int, str]) -> None:
    count, noun = healed
    duties.note("reconciler", "s-1", count, "", 0.0)
    page = text(viewer, URL)
    assert "They agree" in page
    assert "They do not agree" not in page
    assert "Every id was compared: 4." in page
    assert f"<strong>{count}</strong> {noun} brought or dropped" in page
    assert f": {count} {noun}<" in page


def test_what_is_missing_is_said_and_who_would_heal_it(viewer: Client, stores: Broker) -> None:
    builders.change(builders.queued(), "run_at = now() - interval '1 minute'")
    page = text(viewer, URL)
    assert "They do not agree" in page
    assert "No scheduler leads, so nothing heals it" in page
    duties.lead("s-1", 60.0)
    assert "The reconciler brings what is missing" in text(viewer, URL)


def test_of_many_it_says_that_not_all_were_compared(
    viewer: Client, stores: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agreement, "LOOK", 2)
    builders.queued()
    assert "not all" in text(viewer, URL)


def test_while_redis_is_away_it_says_so_and_that_nothing_is_lost(
    viewer: Client, stores: Broker, settings: Settings
) -> None:
    with builders.redis_away(settings):
        assert "Jobs are safe in PostgreSQL" in text(viewer, URL)


def test_each_panel_is_served_alone_by_the_same_template(chief: Client, stores: Broker) -> None:
    for name in ("truth", "queues", "healed", "rebuilds"):
        part = text(chief, f"{URL}?panel={name}", **HTMX)
        assert part.strip().startswith(f'<section class="panel panel-{name}" id="panel-{name}"')


class TestRebuild:
    def test_the_dialog_says_what_will_happen_to_how_many(self, chief: Client, stores: Broker) -> None:
        part = text(chief, f"{REBUILD}?drawer=1", **HTMX)
        assert "<html" not in part
        assert "1 queue; 2 ready in PostgreSQL, 2 + 0 in Redis; 0 missing there, 0 only there" in " ".join(part.split())

    def test_it_flushes_and_rebuilds_and_shows_that_nothing_was_lost(self, chief: Client, stores: Broker) -> None:
        done = chief.post(REBUILD, {"reason": HOSTILE}, headers=HTMX)
        assert done.status_code == 204
        assert "Jobs ready again in Redis: 2; missing: 0." in done["HX-Trigger"]
        assert AuditEntry.objects.filter(verb="stores.rebuilt").get().actor == "a-admin"
        page = text(chief, URL)
        assert "2 + 0 → 2 + 0" in page
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert(1)" not in page

    def test_without_a_script_it_goes_back_to_the_page(self, chief: Client, stores: Broker) -> None:
        assert chief.post(REBUILD, {"reason": "to see it"})["Location"] == URL

    def test_it_wants_a_reason(self, chief: Client, stores: Broker) -> None:
        answer = chief.post(f"{REBUILD}?drawer=1", {"reason": " "}, headers=HTMX)
        assert (answer.status_code, "This field is required" in answer.content.decode()) == (422, True)
        assert not AuditEntry.objects.exists()

    def test_while_redis_is_away_it_says_so(self, chief: Client, stores: Broker, settings: Settings) -> None:
        with builders.redis_away(settings):
            answer = chief.post(f"{REBUILD}?drawer=1", {"reason": "to see it"}, headers=HTMX)
        assert (answer.status_code, "Redis does not answer" in answer.content.decode()) == (422, True)

    @pytest.mark.parametrize("who", ["viewer", "operator", "nobody"])
    def test_it_is_for_admins_only(self, who: str, stores: Broker, request: pytest.FixtureRequest) -> None:
        client = request.getfixturevalue(who)
        scenes.queue("default")
        broker = stores
        token = broker.begin_rebuild("default")
        assert token and broker.finish_rebuild("default", token)
        assert client.get(REBUILD).status_code == 403
        assert client.post(REBUILD, {"reason": "to see it"}).status_code == 403
        assert broker.is_complete("default")
        assert not AuditEntry.objects.exists()
        if who != "nobody":
            assert REBUILD not in text(client, URL)


def test_without_the_permission_to_look_at_queues_it_is_refused(nobody: Client) -> None:
    assert nobody.get(URL).status_code == 403


def test_past_rebuilds_are_for_who_may_see_the_audit(viewer: Client, operator: Client, stores: Broker) -> None:
    assert "panel-rebuilds" not in text(viewer, URL)
    assert "panel-rebuilds" in text(operator, URL)


def test_the_queries_are_as_few_for_many_as_for_one(
    viewer: Client, stores: Broker, django_assert_num_queries: Any
) -> None:
    # session, user, permissions (2); duties, leader, rebuilds. The comparison asks past the ORM.
    with django_assert_num_queries(7):
        text(viewer, URL)
    for number in range(20):
        scenes.queued(queue=f"q{number}")
    with django_assert_num_queries(7):
        text(viewer, URL)
