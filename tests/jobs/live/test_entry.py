"""Who may open a stream, by which credential, from which page, and for how long."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings

from jobs.broker import Broker
from jobs.live import session
from jobs.models import ApiKey
from jobs.services import tokens
from tests.jobs import scenes
from tests.jobs.live.listening import Headers, Refused, do, keyed, listening, run, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
PATHS = ["/ws", "/ws/events", "/ws/events?changes=1"]


@pytest.fixture(autouse=True)
def _empty(transactional_db: None, broker: Broker) -> None:
    """An empty Redis."""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is in is looked at again at once."""
    monkeypatch.setattr(session, "CHECK_EVERY", 0.1)


def refused(path: str, headers: Headers) -> int:
    """The status with which it is refused; 0 when it is not."""

    async def scene() -> int:
        try:
            async with listening(path, headers):
                return 0
        except Refused as error:
            return error.status

    return run(scene)


def bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", PATHS)
def test_nobody_listens_without_a_credential(path: str) -> None:
    assert refused(path, {}) == 401


@pytest.mark.parametrize("path", PATHS)
def test_each_credential_of_the_api_opens_them(path: str, settings: Settings) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, admin_token="the-token", trust_user_header="loopback")
    user = scenes.user("ada", "submit_job")
    key = keyed(user, "jobs:read")
    shown: list[Headers] = [
        signed_in(user),
        key,
        bearer(key["X-API-Key"]),
        bearer(tokens.begin(user).access),
        {"X-Admin-Token": "the-token"},
        {"X-User-Id": "guest"},
        {"Cookie": "flowbit_session=guest"},
    ]
    assert [refused(path, headers) for headers in shown] == [0] * len(shown)


@pytest.mark.parametrize("path", ["/ws?", "/ws/events?changes=1&"])
def test_a_token_may_stand_in_the_address(path: str) -> None:
    token = keyed(scenes.user("ada"), "jobs:read")["X-API-Key"]
    assert refused(f"{path}token={token}", {}) == 0
    assert refused(f"{path}token={token[:-1]}", {}) == 401
    assert refused(f"{path}token=", {}) == 401


def test_a_header_is_believed_only_where_that_is_on() -> None:
    assert refused("/ws", {"X-User-Id": "guest"}) == 401


def test_the_demo_user_has_no_stream_without_a_credential(settings: Settings) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, demo=True, trust_user_header="loopback")
    assert refused("/ws", {}) == 401


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://testserver", 0),
        ("https://front.example", 0),
        ("http://evil.example", 403),
        ("http://testserver.evil.example", 403),
        ("http://testserver:81", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_only_pages_of_ours_and_of_the_allow_list_listen(settings: Settings, origin: str, status: int) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://front.example"]
    user = scenes.user("ada")
    assert refused("/ws", {**signed_in(user), "Origin": origin}) == status
    assert refused("/ws/events", {**keyed(user, "jobs:read"), "Origin": origin}) == status


def test_a_name_that_is_not_ours_is_refused() -> None:
    headers = keyed(scenes.user("ada"), "jobs:read")
    assert refused("/ws", {**headers, "Host": "rebound.example", "Origin": "http://rebound.example"}) == 403


@pytest.mark.parametrize("query", ["job=7", "changes=yes", "&".join(f"a{number}=1" for number in range(50))])
def test_nonsense_in_the_address_is_refused(query: str) -> None:
    assert refused(f"/ws/events?{query}", keyed(scenes.user("ada"), "jobs:read")) == 400


def test_an_address_without_a_stream_is_none() -> None:
    assert refused("/ws/else", keyed(scenes.user("ada"), "jobs:read")) == 404


def test_one_person_has_so_many_streams_and_no_more(settings: Settings) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, streams_per_identity=2)
    headers, others = keyed(scenes.user("ada"), "jobs:read"), keyed(scenes.user("bob"), "jobs:read")

    async def scene() -> None:
        async with listening("/ws", headers), listening("/ws/events", headers):
            with pytest.raises(Refused) as refusal:
                async with listening("/ws", headers):
                    pass
            assert refusal.value.status == 429
            async with listening("/ws", others):
                pass
        async with listening("/ws", headers):
            pass

    run(scene)


def revoke(user: User, headers: Headers) -> None:
    ApiKey.objects.update(revoked_at="2020-01-01T00:00:00Z")


def sign_out(user: User, headers: Headers) -> None:
    Client(headers=headers).post("/logout")


def change_password(user: User, headers: Headers) -> None:
    user.set_password("another one")
    user.save()


def shut_out(user: User, headers: Headers) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("shown", "end"),
    [(keyed, revoke), (keyed, shut_out), (signed_in, sign_out), (signed_in, change_password), (signed_in, shut_out)],
)
def test_whose_credential_has_ended_hears_no_more(quick: None, path: str, shown: Any, end: Callable[..., None]) -> None:
    user = scenes.user("ada", "view_job")
    headers: Headers = shown(user, "jobs:read") if shown is keyed else shown(user)

    async def scene() -> int:
        async with listening(path, headers) as listener:
            await do(end, user, headers)
            return await listener.closed()

    assert run(scene) == 4401


def test_whose_rights_have_changed_must_come_again(quick: None) -> None:
    user = scenes.user("ada", "view_job")
    headers = signed_in(user)

    async def scene() -> int:
        async with listening("/ws/events", headers) as listener:
            await do(lambda: user.user_permissions.remove(Permission.objects.get(codename="view_job")))
            return await listener.closed()

    assert run(scene) == 4403


@pytest.mark.parametrize("frame", [{"text": "x" * 2000}, {"bytes": b"\x00" * 2000}])
def test_who_says_too_much_is_sent_away(frame: dict[str, Any]) -> None:
    async def scene() -> int:
        async with listening("/ws", await do(lambda: signed_in(scenes.user("ada")))) as listener:
            await listener.socket.send_input({"type": "websocket.receive", **frame})
            return await listener.closed()

    assert run(scene) == 1009


def test_who_says_something_again_and_again_is_sent_away() -> None:
    async def scene() -> int:
        async with listening("/ws", await do(lambda: signed_in(scenes.user("ada")))) as listener:
            for _ in range(200):
                await listener.socket.send_input({"type": "websocket.receive", "text": "{]"})
            return await listener.closed()

    assert run(scene) == 1008
