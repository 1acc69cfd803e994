"""Labels, and what they stand for."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dispatcher import categories
from jobs.errors import Invalid
from tests.dispatcher.conftest import Send

PATH = "/settings/dispatch-categories"


def post_form(client: Client, form: dict[str, Any]) -> Any:
    """As a browser without scripts sends it."""
    content = urlencode(form, doseq=True)
    return client.post(PATH, content, "application/x-www-form-urlencoded", headers={"Accept": "text/html"})


@pytest.mark.parametrize(
    ("label", "type_name"),
    [
        ("general", "echo"),
        ("email", "email.send"),
        ("Email.Send", "email.send"),
        ("image_resize", "image.thumbnail"),
        ("thumbnails", "image.thumbnail"),
        ("webhook", "webhook.dispatch"),
        ("notify", "user.notify"),
        ("report", "report.generate"),
        ("billing", "echo"),
        ("run", "echo"),
    ],
)
def test_a_label_stands_for_the_type_of_its_name_or_the_nearest(label: str, type_name: str) -> None:
    assert categories.resolve(label) == type_name


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "email",
        {"email": 1},
        ["a"] * 2,
        ["Mail", "mail "],
        [str(number) for number in range(11)],
        [""],
        ["  "],
        ["x" * 51],
        ["a\x00b"],
        ["<script>"],
        [7],
        [None],
        [{"label": "x", "type": "no.such"}],
        [{"label": "x", "type": 7}],
        [{"type": "echo"}],
        [{"label": "x", "type": "task:tests.sample.tasks.add"}],
    ],
)
def test_what_is_no_list_of_labels_is_refused(wanted: Any) -> None:
    with pytest.raises(Invalid):
        categories.check(wanted)


def test_labels_are_trimmed_and_keep_their_capitals() -> None:
    assert categories.check(["  My   News ", {"label": "Ärger", "type": "fail"}]) == [
        ("My News", "echo"),
        ("Ärger", "fail"),
    ]


def test_programs_read_and_set_their_own(ada: User, bob: User, send: Send) -> None:
    assert send("GET", PATH)[1]["categories"] == ["general"]
    status, body = send("PUT", PATH, {"categories": ["echo", "email", "image_resize"]})
    assert status == 200
    assert [(one["label"], one["type"]) for one in body["handlers"]] == [
        ("echo", "echo"),
        ("email", "email.send"),
        ("image_resize", "image.thumbnail"),
    ]
    assert send("GET", f"/api/v1{PATH}")[1] == send("GET", f"/api{PATH}")[1] == body
    assert [one.label for one in categories.of(bob.pk)] == ["general"]


def test_what_is_put_is_answered_in_json_whatever_is_accepted(ada: User, send: Send) -> None:
    for options in ({"headers": {"Accept": "text/html"}}, {"QUERY_STRING": "format=html"}):
        status, body = send("PUT", PATH, {"categories": ["Email"]}, **options)
        assert (status, body["categories"]) == (200, ["Email"])


def test_a_post_is_for_the_page_only(ada: User, send: Send, client: Client) -> None:
    assert send("POST", PATH, {"categories": ["email"]})[0] == 405
    assert send("GET", PATH)[1]["categories"] == ["general"]
    assert client.options(PATH)["Allow"] == "GET, PUT, HEAD, OPTIONS"


def test_a_wrong_list_changes_nothing(ada: User, send: Send) -> None:
    assert send("PUT", PATH, {"categories": ["email", "EMAIL"]})[0] == 400
    assert send("PUT", PATH, {})[0] == send("PUT", PATH, [])[0] == 400
    assert send("GET", PATH)[1]["categories"] == ["general"]


def test_a_person_without_a_session_is_sent_to_sign_in(client: Client, send: Send, transactional_db: None) -> None:
    reply = client.get(PATH, headers={"Accept": "text/html"})
    assert (reply.status_code, reply.headers["Location"]) == (302, f"/login?next={PATH}")
    assert send("GET", PATH)[0] in (401, 403)


def test_a_person_who_is_no_staff_signs_in_and_finds_the_page(ada: User) -> None:
    browser = Client()
    reply = browser.post("/login", {"username": "ada", "password": "secret-of-a-test"}, follow=True)
    assert reply.redirect_chain[-1][0] == "/" and reply.status_code == 200
    assert f'href="{PATH}"' in reply.content.decode()


def test_the_page_works_without_scripts(ada: User, client: Client) -> None:
    form = {"action": "add", "label": "news", "new_type": "email.send", "row_label": ["general"], "row_type": ["echo"]}
    draft = post_form(client, form)
    assert draft.status_code == 200 and b"Unsaved" in draft.content and b"<html" in draft.content
    assert draft.headers["Content-Security-Policy"].startswith("default-src 'self'")
    form = {"action": "save", "row_label": ["general", "news"], "row_type": ["echo", "email.send"]}
    assert b"Saved." in post_form(client, form).content
    assert categories.of(ada.pk) == [("general", "echo"), ("news", "email.send")]


@pytest.mark.parametrize("row", [("<b>", "echo"), ("a", "no.such")])
def test_the_form_is_checked_like_everything_else(ada: User, client: Client, row: tuple[str, str]) -> None:
    form = {"action": "save", "row_label": [row[0]], "row_type": [row[1]]}
    reply = post_form(client, form)
    assert reply.status_code == 422 and b"<b>" not in reply.content
    assert [one.label for one in categories.of(ada.pk)] == ["general"]
