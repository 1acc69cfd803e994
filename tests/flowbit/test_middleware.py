from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from flowbit.middleware import RevealControls, SecurityPolicy

pytestmark = pytest.mark.django_db
ORIGIN = "https://app.example.com"


@pytest.mark.parametrize("path", ["/health", "/api/v1/nothing", "/admin/login/", "/nothing"])
def test_every_answer_tells_browsers_what_they_may_not(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    policy = answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert ("'unsafe-eval'" in policy) == path.startswith("/admin/")


def test_a_view_may_have_a_policy_of_its_own() -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Content-Security-Policy": "sandbox"})

    assert SecurityPolicy(view)(RequestFactory().get("/"))["Content-Security-Policy"] == "sandbox"


@pytest.mark.parametrize("path", ["*", "http://elsewhere.example/api/v1/jobs"])
def test_a_request_target_that_is_no_path_has_the_strict_policy(path: str) -> None:
    request = RequestFactory().get("/")
    request.path = path
    policy = SecurityPolicy(lambda _request: HttpResponse())(request)["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy


def preflight(client: Client, origin: str) -> Any:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    return client.options("/api/v1/jobs", headers=headers)


def test_only_listed_origins_may_read(client: Client, settings: Settings) -> None:
    assert "Access-Control-Allow-Origin" not in preflight(client, ORIGIN).headers
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    answer = preflight(client, ORIGIN)
    assert answer["Access-Control-Allow-Origin"] == ORIGIN
    assert "x-api-key" in answer["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    for other in ("https://evil.com", "null", f"{ORIGIN}.evil.com", "http://app.example.com"):
        assert "Access-Control-Allow-Origin" not in preflight(client, other).headers


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client: Client, django_user_model: Any) -> None:
    django_user_model.objects.create_superuser("root", password="secret-of-a-test")
    client.post("/admin/login/", {"username": "root", "password": "secret-of-a-test"})
    session = client.cookies["sessionid"]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")


def shown(html: str, kind: str = "text/html; charset=utf-8") -> str:
    answer = RevealControls(lambda _request: HttpResponse(html, content_type=kind))(RequestFactory().get("/"))
    return answer.content.decode()


@pytest.mark.parametrize(
    ("mark", "written"),
    [
        ("\u202e", "\\u202e"),
        ("\u2066", "\\u2066"),
        ("\u200b", "\\u200b"),
        ("\x1b", "\\u001b"),
        ("\U000e0041", "\\udb40\\udc41"),
    ],
    ids=["turn", "isolate", "no width", "escape", "unseen letter"],
)
def test_a_page_shows_characters_that_nobody_sees(mark: str, written: str) -> None:
    assert shown(f'<p title="a{mark}b">a{mark}b</p>') == f'<p title="a{written}b">a{written}b</p>'


@pytest.mark.parametrize(
    "text", ["plain", "tab\tline\n", "\u05e9\u05dc\u05d5\u05dd", "\U0001f469\u200d\U0001f4bb", "nai\u0308ve"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert shown(f"<p>{text}</p>") == f"<p>{text}</p>"


@pytest.mark.parametrize("field", ['<input name="a" value="x\u202ey">', "<textarea>\nx\u202ey</textarea>"])
def test_what_a_form_sends_back_stays_as_it_is(field: str) -> None:
    assert shown(f"<i>\u202e</i>{field}<i>\u202e</i>") == f"<i>\\u202e</i>{field}<i>\\u202e</i>"


def test_what_is_no_page_stays_as_it_is() -> None:
    assert shown("a\u202eb", "application/json") == "a\u202eb"
