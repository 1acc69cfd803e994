"""Dead letters in groups, one by one, and one alone: what is on the pages, for whom, and at which cost."""

from typing import Any

import pytest
from django.test import Client

from jobs import jsontext
from jobs.models import DeadLetter
from jobs.services import dead_letters
from jobs.services.audit import Actor
from jobs.services.dead_letters import Overrides
from tests.jobs import scenes

URL = "/admin/jobs/deadletter/"
SCRIPT = "<script>alert(1)</script>"
HTMX = {"HX-Request": "true"}


def text(client: Client, url: str, status: int = 200, **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def failed(message: str = "no such thing", fingerprint: str = "f" * 16, **options: Any) -> DeadLetter:
    job_id = scenes.running(**options)
    scenes.fail(job_id, 1, message, fingerprint=fingerprint, logs=jsontext.encode([[0.1, "warning", "nearly there"]]))
    return DeadLetter.objects.get(job_id=job_id)


def page_of(letter: DeadLetter) -> str:
    return f"{URL}{letter.pk}/change/"


class TestGroups:
    def test_what_failed_alike_stands_in_one_row_that_leads_to_its_letters(self, viewer: Client) -> None:
        for number in range(3):
            failed(f"order {number}")
        failed("the disk is full", "0" * 16, type="test.noop")
        page = text(viewer, URL)
        assert page.index("order 2") < page.index("the disk is full")
        assert "order 1" not in page
        assert f'href="{URL}?fingerprint={"f" * 16}"' in page
        assert 'aria-label="3 in the last 24 hours"' in page
        assert "All groups of 4 letters" in page

    def test_when_nothing_has_failed_it_says_what_will_be_here(self, viewer: Client) -> None:
        page = text(viewer, URL)
        assert "Nothing has failed. A job that has used up its attempts appears here" in page
        assert "bulk/begin" not in page

    def test_of_very_many_only_the_newest_are_grouped(self, viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("jobs.console.letters.page.MOST_LETTERS", 2)
        failed("long ago", "0" * 16)
        for _ in range(2):
            failed()
        page = text(viewer, URL)
        assert "long ago" not in page and "All groups of the newest 2 letters" in page

    def test_filters_are_in_the_address_and_in_the_form(self, viewer: Client) -> None:
        failed("one", type="test.noop", queue="critical")
        failed("two", "0" * 16)
        page = text(viewer, f"{URL}?type=test.noop&queue=critical")
        assert "one" in page and "two" not in page
        assert "<option selected>test.noop</option>" in page and "<option selected>critical</option>" in page
        assert "No dead letter fits these filters." in text(viewer, f"{URL}?error_type=app.Other")

    def test_times_are_taken_as_the_browser_sends_them(self, viewer: Client) -> None:
        failed("one")
        assert "one" in text(viewer, f"{URL}?created_after=2020-01-01T00:00&created_before=2090-01-01T00:00:30")
        page = text(viewer, f"{URL}?created_before=2020-01-01T00:00")
        assert "No dead letter fits" in page and 'value="2020-01-01T00:00:00"' in page

    @pytest.mark.parametrize(
        "query", ["replayed=perhaps", "created_after=soon", "colour=red", "cursor=x", "type=%00", "fingerprint=%00"]
    )
    def test_a_filter_that_is_not_understood_says_so_and_fits_nothing(self, viewer: Client, query: str) -> None:
        failed("one")
        page = text(viewer, f"{URL}?{query}")
        assert "This filter is not understood." in page
        assert "no such thing" not in page and "one</bdi>" not in page

    def test_the_number_of_queries_does_not_grow(self, operator: Client, django_assert_num_queries: Any) -> None:
        for number in range(8):
            failed(f"{number}", f"{number}" * 16)
        text(operator, URL)
        # session, user, permissions (2), operations, groups (edge, count, rows, latest, kinds), trend (2), queues, any
        with django_assert_num_queries(14):
            text(operator, URL)


class TestLetters:
    def test_of_a_group_with_what_it_is_about(self, viewer: Client) -> None:
        letter = failed("order 17")
        failed("the disk is full", "0" * 16)
        page = text(viewer, f"{URL}?fingerprint={letter.fingerprint}")
        assert "order 17" in page and "the disk is full" not in page
        assert f'href="{page_of(letter)}" data-drawer' in page
        assert letter.fingerprint in page

    def test_page_by_page(self, viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("jobs.console.letters.page.LIMIT", 2)
        for number in range(3):
            failed(f"order {number}.")
        first = text(viewer, f"{URL}?view=letters")
        assert "order 2." in first and "order 0." not in first
        older = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
        second = text(viewer, older)
        assert "order 0." in second and "order 2." not in second and 'rel="prev"' in second

    def test_each_says_what_its_job_does_now(self, viewer: Client) -> None:
        letter = failed()
        dead_letters.replay([letter.pk], Actor.shell())
        assert "state-queued" in text(viewer, f"{URL}?view=letters&panel=letters", **HTMX)

    def test_a_group_that_is_gone(self, viewer: Client) -> None:
        assert "No letter of this group is left." in text(viewer, f"{URL}?fingerprint=0123456789abcdef")

    def test_the_number_of_queries_does_not_grow(self, operator: Client, django_assert_num_queries: Any) -> None:
        for number in range(8):
            failed(owner_id=number)
        url = f"{URL}?fingerprint={'f' * 16}"
        text(operator, url)
        # session, user, permissions (2), operations; group (edge, count, rows, latest, kinds, trend: 2); letters (edge,
        # rows, count), jobs; queues, any
        with django_assert_num_queries(18):
            text(operator, url)


class TestOne:
    def test_what_went_wrong_with_locals_log_payload_and_replays(self, operator: Client) -> None:
        letter = failed("order 17", payload={"to": "ada@example.com"})
        again = Overrides(payload={"to": "zoe@example.com"}, queue="slow")
        dead_letters.replay([letter.pk], Actor(1, "otto"), again, "the order is back")
        page = text(operator, page_of(letter))
        for said in ("order 17", "app/mail.py</bdi>:7", "&#x27;ada&#x27;", "nearly there", "zoe@example.com", "slow"):
            assert said in page
        assert "otto" in page and "the order is back" in page
        assert "state-queued" in page

    def test_in_the_drawer_it_has_no_frame(self, viewer: Client) -> None:
        part = text(viewer, f"{page_of(failed())}?drawer=1", **HTMX)
        assert "app.Boom" in part and "<html" not in part

    def test_what_is_inside_is_hidden_from_who_may_not_see_payloads(self, viewer: Client) -> None:
        letter = failed(payload={"password": "hunter2"})
        dead_letters.replay([letter.pk], Actor(1, "otto"), Overrides(payload={"password": "hunter3"}), "mended")
        page = text(viewer, page_of(letter))
        assert "hunter" not in page and "&#x27;ada&#x27;" not in page and "nearly there" not in page
        assert "Hidden: you lack the permission" in page and "mended" in page

    @pytest.mark.parametrize("key", ["0", "999999999", "x", "9" * 30, "1_3"])
    def test_there_is_none(self, viewer: Client, key: str) -> None:
        assert viewer.get(f"{URL}{key}/change/").status_code == 404

    def test_its_job_may_be_gone(self, operator: Client) -> None:
        letter = failed()
        DeadLetter.objects.update(job_id="00000000-0000-0000-0000-000000000001")
        page = text(operator, page_of(letter))
        assert "gone" in page and "Edit and replay" not in page

    def test_the_number_of_queries(self, operator: Client, django_assert_num_queries: Any) -> None:
        letter = failed()
        dead_letters.replay([letter.pk], Actor.shell())
        text(operator, page_of(letter))
        # session, user, permissions (2), seen, the letter, attempts, replays; the job is asked for by the store
        with django_assert_num_queries(8):
            text(operator, page_of(letter))


class TestPermissions:
    def test_a_viewer_finds_no_button(self, viewer: Client) -> None:
        letter = failed()
        for url in (URL, f"{URL}?view=letters", f"{URL}?fingerprint={'f' * 16}", page_of(letter)):
            page = text(viewer, url)
            assert "bulk/begin" not in page and "/verb/" not in page and "data-row" not in page

    def test_an_operator_finds_them(self, operator: Client) -> None:
        letter = failed()
        page = text(operator, f"{URL}?fingerprint={'f' * 16}&type=test.anything")
        fits = f"fingerprint={'f' * 16}&amp;type=test.anything"
        assert f"/admin/bulk/begin/?verb=dlq.replay&amp;{fits}" in page
        assert f"/admin/bulk/begin/?verb=dlq.delete&amp;{fits}" in page
        assert f"verb/replay/?key={letter.pk}" in text(operator, page_of(letter))

    def test_who_may_not_see_dead_letters_is_refused(self, nobody: Client) -> None:
        letter = failed()
        for url in (URL, page_of(letter), f"{URL}?panel=groups"):
            text(nobody, url, 403)

    def test_letters_of_others_are_not_there_without_the_right_to_see_their_jobs(self, roles: None) -> None:
        own = scenes.user("mine", "view_deadletter", staff=True)
        client = Client()
        client.force_login(own)
        mine, other = failed("mine", owner_id=own.pk), failed("theirs", "0" * 16, owner_id=own.pk + 1)
        page = text(client, URL)
        assert "mine</bdi>" in page and "theirs" not in page
        assert client.get(page_of(mine)).status_code == 200
        assert client.get(page_of(other)).status_code == 404


def hostile() -> DeadLetter:
    deep: Any = SCRIPT
    for _ in range(150):
        deep = {SCRIPT: deep}
    payload = {SCRIPT: "{{ 7|add:7 }}{% now 'Y' %}", "deep": deep, "turned": "a\u202eb", "long": SCRIPT * 8000}
    job_id = scenes.running(payload=payload, tags=[])
    frame = {
        "file": SCRIPT,
        "line": 1,
        "function": SCRIPT,
        "code": SCRIPT,
        "locals": {"items": SCRIPT, SCRIPT: "x" * 900},
    }
    fields = {"traceback": jsontext.encode([frame, {}]), "logs": jsontext.encode([[0.1, SCRIPT, SCRIPT]])}
    scenes.fail(job_id, 1, f"{SCRIPT} a\u202eb {{{{ 7|add:7 }}}}" + "z" * 200_000, error_type=SCRIPT, **fields)
    return DeadLetter.objects.get(job_id=job_id)


def test_hostile_content_stays_text_and_is_bounded(operator: Client) -> None:
    letter = hostile()
    dead_letters.replay([letter.pk], Actor(1, SCRIPT, SCRIPT), Overrides(payload={SCRIPT: SCRIPT}), SCRIPT)
    replay = f"{URL}verb/replay/?key={letter.pk}"
    for url in (URL, f"{URL}?view=letters", f"{URL}?fingerprint={'f' * 16}", page_of(letter), replay):
        page = text(operator, url)
        assert SCRIPT not in page and "\u202e" not in page, url
        assert "{{ 7|add:7 }}" in page or "7|add" not in page, url
        assert len(page) < 600_000, url
    assert len(text(operator, URL)) < 80_000
