import pytest
from django.db import connection
from django.test import Client

from tests.jobs import scenes
from tests.jobs.api.callers import refused

pytestmark = pytest.mark.django_db(transaction=True)


def page(client: Client, path: str) -> str:
    answer = client.get(f"/api/v1/{path}", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer["Content-Type"].startswith("text/html")
    return answer.content.decode()


def test_programs_get_json(operator: Client) -> None:
    assert operator.get("/api/v1/jobs")["Content-Type"] == "application/json"
    assert (
        operator.get("/api/v1/jobs?format=json", headers={"Accept": "text/html"})["Content-Type"] == "application/json"
    )


@pytest.mark.parametrize("path", ["jobs", "", "settings/dispatch-categories", "dispatch", "health"])
def test_a_format_that_is_not_to_be_had_is_told_as_a_media_type_is(operator: Client, path: str) -> None:
    for answer in (
        operator.get(f"/api/v1/{path}?format=AAA"),
        operator.get(f"/api/v1/{path}", headers={"Accept": "image/png"}),
    ):
        assert refused(answer, 406)["code"] == "not_acceptable"


def test_a_form_filled_with_an_example(operator: Client, viewer: Client) -> None:
    assert "user@example.com" in page(operator, "jobs")
    assert "user@example.com" not in page(viewer, "jobs")


def test_a_form_for_the_filters(viewer: Client) -> None:
    found = page(viewer, "jobs?queue=critical")
    assert 'name="created_after"' in found
    assert 'name="queue" value="critical"' in found
    assert 'name="cursor"' not in found


def test_links_can_be_clicked(viewer: Client) -> None:
    job_id = scenes.queued()
    assert f'href="http://testserver/api/v1/jobs/{job_id}/events"' in page(viewer, "jobs")
    assert 'href="http://testserver/api/v1/dlq"' in page(viewer, "")


def test_a_form_for_a_file(operator: Client, viewer: Client) -> None:
    asked = {"Accept": "text/html"}
    assert 'type="file" name="file"' in operator.options("/api/v1/uploads", headers=asked).content.decode()
    assert 'type="file"' not in viewer.options("/api/v1/uploads", headers=asked).content.decode()


def test_payloads_do_not_become_markup(operator: Client) -> None:
    scenes.queued(payload={"text": "<script>alert(1)</script>"})
    assert "<script>alert" not in page(operator, "jobs")


@pytest.mark.parametrize("path", ["", "jobs", "dlq", "dlq/groups", "queues", "workers", "handlers", "jobs/{failed}"])
def test_every_list_is_a_page_that_loads_nothing_from_elsewhere(operator: Client, path: str) -> None:
    found = page(operator, path.format(failed=scenes.failed()))
    for part in found.split('src="')[1:]:
        assert part.startswith("/")


def test_somebody_who_is_not_known_may_log_in(client: Client, db: None) -> None:
    assert "/login?next=/api/v1/jobs" in page(client, "jobs")


def test_without_postgresql_it_is_json(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        patch.setitem(connection.settings_dict, "PORT", "1")
        answer = operator.get("/api/v1/jobs", headers={"Accept": "text/html"})
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/json")
    assert int(answer["Retry-After"]) > 0
