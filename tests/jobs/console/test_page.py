"""What all pages of the console do alike, seen on the overview."""

import pytest
from django.test import Client

from tests.jobs import scenes

URL = "/admin/"
HTMX = {"HX-Request": "true"}


def text(client: Client, url: str, **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_same_template_serves_the_first_load_and_a_refresh(viewer: Client) -> None:
    scenes.running()
    whole, part = text(viewer, URL), text(viewer, f"{URL}?panel=counters", **HTMX)
    assert part.strip().startswith(
        '<section class="panel panel-counters" id="panel-counters" hx-ext="morph" data-live="job queue"'
    )
    assert "<html" not in part
    assert 'id="panel-counters"' in whole and "<html" in whole


def test_a_panel_is_asked_for_under_the_filters_of_its_page(viewer: Client) -> None:
    assert 'hx-get="/admin/?state=failed&amp;panel=counters"' in text(
        viewer, f"{URL}?state=failed&panel=counters", **HTMX
    )


def test_a_panel_that_is_not_there_is_not_found(viewer: Client) -> None:
    assert viewer.get(f"{URL}?panel=nonsense", headers=HTMX).status_code == 404


def test_who_may_not_see_jobs_gets_the_page_without_their_panels(nobody: Client) -> None:
    assert "panel-counters" not in text(nobody, URL)
    assert nobody.get(f"{URL}?panel=counters", headers=HTMX).status_code == 404


def test_a_stranger_is_asked_to_sign_in(roles: None, client: Client) -> None:
    answer = client.get(f"{URL}?state=failed")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/admin/%3Fstate%3Dfailed")


@pytest.mark.parametrize("who", ["client", "ordinary"])
def test_a_refresh_of_somebody_who_is_signed_out_says_so_and_holds_no_form(
    who: str, roles: None, request: pytest.FixtureRequest
) -> None:
    answer = request.getfixturevalue(who).get(f"{URL}?panel=counters", headers=HTMX)
    assert (answer.status_code, answer.content) == (401, b"Your session has ended: sign in again.")


def test_no_answer_is_kept_by_a_cache(viewer: Client) -> None:
    answer = viewer.get(URL)
    assert "no-store" in answer["Cache-Control"]
    assert "HX-Request" in answer["Vary"]


def test_the_sidebar_has_the_pages_that_a_person_may_see(viewer: Client, nobody: Client) -> None:
    assert 'href="/admin/jobs/job/"' in text(viewer, URL)
    assert 'href="/admin/jobs/job/"' not in text(nobody, URL)


def test_the_palette_finds_a_job_by_its_id_for_who_may_see_jobs(viewer: Client, nobody: Client) -> None:
    job_id = scenes.queued()
    assert f"/admin/jobs/job/{job_id}/change/" in text(viewer, f"/admin/search/?extended=1&s={job_id}")
    assert str(job_id) + "/change" not in text(nobody, f"/admin/search/?extended=1&s={job_id}")
