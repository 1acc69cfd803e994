from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from jobs import trusted
from jobs.services.credentials import Identity
from jobs.trusted import Visit

pytestmark = pytest.mark.django_db(transaction=True)
OURS = "http://127.0.0.1:8000"


def trust(settings: Settings, mode: str, *, demo: bool = True) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, trust_user_header=mode, demo=demo)


def visit(address: str = "127.0.0.1", **headers: str) -> Visit:
    return Visit(address, OURS, {name.replace("_", "-"): value for name, value in headers.items()})


def everything(found: Visit) -> list[Identity | None]:
    return [trusted.by_header(found), trusted.by_cookie(found), trusted.as_demo(found)]


FULL: dict[str, str] = {"x_user_id": "ada", "cookie": "flowbit_session=ada"}


def test_while_it_is_off_nothing_is_believed(settings: Settings) -> None:
    trust(settings, "off")
    assert everything(visit(**FULL)) == [None, None, None]
    assert everything(visit()) == [None, None, None]
    assert not User.objects.exists()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_clients_on_this_machine_are_believed(settings: Settings, address: str) -> None:
    trust(settings, "loopback")
    for found in (trusted.by_header(visit(address, **FULL)), trusted.by_cookie(visit(address, **FULL))):
        assert found is not None
        assert (found.user.get_username(), str(found.credential)) == ("ada", "header")
    demo = trusted.as_demo(visit(address))
    assert demo is not None
    assert (demo.user.get_username(), str(demo.credential)) == ("demo", "demo")


@pytest.mark.parametrize("address", ["10.0.0.1", "", "localhost", "::ffff:10.0.0.1", "2001:db8::1", "0.0.0.0"])
def test_others_are_not(settings: Settings, address: str) -> None:
    trust(settings, "loopback")
    assert everything(visit(address, **FULL)) == [None, None, None]
    assert trusted.as_demo(visit(address)) is None


@pytest.mark.parametrize("name", ["x_forwarded_for", "forwarded", "x_real_ip", "via", "x_forwarded_host"])
def test_behind_a_proxy_everybody_would_be_on_this_machine(settings: Settings, name: str) -> None:
    trust(settings, "loopback")
    assert everything(visit(**FULL, **{name: "127.0.0.1"})) == [None, None, None]
    assert trusted.as_demo(visit(**{name: "127.0.0.1"})) is None


def test_a_gateway_is_believed_wherever_it_is_and_makes_no_demo(settings: Settings) -> None:
    trust(settings, "on")
    found = trusted.by_header(visit("10.0.0.1", x_forwarded_for="192.0.2.1", **FULL))
    assert found is not None
    assert trusted.as_demo(visit()) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example.com"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://127.0.0.1:8000.evil.example.com"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_pages_of_others_in_a_browser_on_this_machine_act_for_nobody(
    settings: Settings, headers: dict[str, str]
) -> None:
    trust(settings, "loopback")
    for ask in (trusted.by_header, trusted.by_cookie):
        with pytest.raises(PermissionError):
            ask(visit(**FULL, **headers))
    assert trusted.as_demo(visit(**headers)) is None


@pytest.mark.parametrize("headers", [{"origin": OURS}, {"sec_fetch_site": "same-origin"}, {"sec_fetch_site": "none"}])
def test_our_own_pages_do(settings: Settings, headers: dict[str, str]) -> None:
    trust(settings, "loopback")
    assert trusted.by_cookie(visit(**FULL, **headers)) is not None
    assert trusted.as_demo(visit(**headers)) is not None


def test_pages_of_the_allowed_origins_do(settings: Settings) -> None:
    trust(settings, "loopback")
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
    headers: dict[str, Any] = {"origin": "https://app.example.com", "sec_fetch_site": "cross-site"}
    assert trusted.by_header(visit(**FULL, **headers)) is not None


def test_nobody_special_is_acted_for(settings: Settings) -> None:
    trust(settings, "on")
    User.objects.create_superuser("root")
    User.objects.create_user("grace", password="secret-of-a-test")
    for name in ("root", "grace", "a b", ""):
        with pytest.raises(PermissionError):
            trusted.by_header(visit(x_user_id=name))


@pytest.mark.parametrize("name", ["authorization", "x_api_key", "x_admin_token", "x_user_id"])
def test_the_demo_user_is_for_those_without_any_credential(settings: Settings, name: str) -> None:
    trust(settings, "loopback")
    assert trusted.as_demo(visit(**{name: "Basic eDp5"})) is None


def test_without_the_demo_there_is_no_demo_user(settings: Settings) -> None:
    trust(settings, "loopback", demo=False)
    assert trusted.as_demo(visit()) is None
    assert trusted.by_header(visit(**FULL)) is not None


def test_a_websocket_is_seen_as_a_request_is(settings: Settings) -> None:
    trust(settings, "loopback")
    headers = [(b"Host", b"127.0.0.1:8000"), (b"x-user-id", b"ada"), (b"origin", OURS.encode())]
    found = Visit.of_scope({"scheme": "ws", "client": ("127.0.0.1", 5), "headers": headers})
    assert (found.address, found.ours) == ("127.0.0.1", OURS)
    assert trusted.by_header(found) is not None
    assert Visit.of_scope({"scheme": "wss", "client": None, "headers": []}).address == ""
