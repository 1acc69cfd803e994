import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.models import ApiKey, AuditEntry, Profile
from jobs.services import api_keys, identify
from jobs.services.api_keys import Made, Wanted
from jobs.services.audit import Actor
from tests.jobs import scenes
from tests.jobs.admin import pages
from tests.jobs.admin.conftest import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/admin/jobs/apikey/"
FORM = {"user": "bob", "name": "the mailer", "scopes": ["jobs:write"], "expires_in": "90d"}


@pytest.fixture
def bob(transactional_db: None) -> User:
    return scenes.user("bob", "submit_job")


@pytest.fixture
def made(bob: User) -> Made:
    return api_keys.make(bob, Wanted(name="the mailer", scopes=["jobs:write"]), Actor.shell(), None)


def page(client: Client, path: str = "") -> str:
    answer: Any = client.get(PATH + path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_making_one_shows_its_token_once(root: Client, bob: User) -> None:
    assert "jobs:write" in page(root, "add/")
    answer: Any = root.post(f"{PATH}add/", FORM)
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)
    found = re.search(r"fb_[0-9a-f]{12}_[\w-]{43}", answer.content.decode())
    assert found is not None
    identity = identify.by_token(found[0])
    assert identity is not None
    assert identity.user == bob
    key = ApiKey.objects.get()
    for path in ("", f"{key.pk}/change/"):
        later = page(root, path)
        assert key.prefix in later
        assert found[0] not in later
        assert key.digest not in later
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.verb, entry.via) == ("root", "key.created", "session")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"user": "nobody"}, "no such user"),
        ({"scopes": ["root"]}, "not one of the available choices"),
        ({"queues": "ok, Über"}, "must be 1 to 64"),
        ({"expires_in": "soon"}, "duration"),
        ({"name": ""}, "required"),
    ],
)
def test_what_is_wrong_is_said_beside_the_form(root: Client, bob: User, change: Any, message: str) -> None:
    answer: Any = root.post(f"{PATH}add/", {**FORM, **change})
    assert message in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_keeper_of_keys_makes_none_that_could_do_more_than_they(bob: User) -> None:
    held = ["add_apikey", "view_apikey", "submit_job", "view_job", "view_payload"]
    keeper = signed_in(scenes.user("keeper", *held, staff=True))
    User.objects.create_superuser("boss")
    answer: Any = keeper.post(f"{PATH}add/", {**FORM, "user": "boss", "scopes": ["admin"]})
    assert "could do what you may not" in answer.content.decode()
    assert not ApiKey.objects.exists()
    assert keeper.post(f"{PATH}add/", FORM).status_code == 200
    assert ApiKey.objects.count() == 1


def test_revoking(root: Client, made: Made) -> None:
    pages.verb(root, "apikey", "revoke", [made.key.pk], reason="lost")
    assert identify.by_token(made.token) is None
    assert "revoked" in page(root)
    assert AuditEntry.objects.get(verb="key.revoked").reason == "lost"


def test_whoever_may_only_look_does_nothing(made: Made) -> None:
    looker = signed_in(scenes.user("looker", "view_apikey", staff=True))
    assert made.key.prefix in page(looker)
    assert looker.get(f"{PATH}add/").status_code == 403
    assert looker.post(f"{PATH}add/", FORM).status_code == 403
    assert pages.verb(looker, "apikey", "revoke", [made.key.pk]).status_code == 403
    assert looker.post(f"{PATH}{made.key.pk}/change/", {"name": "x"}).status_code == 403
    assert ApiKey.objects.in_force().count() == 1


def test_operators_and_viewers_do_not_even_see_them(viewer: Client, operator: Client, made: Made) -> None:
    for client in (viewer, operator):
        assert client.get(PATH).status_code == 403
        assert client.get(f"{PATH}{made.key.pk}/change/").status_code == 403


def test_search_is_by_prefix_and_by_user(root: Client, made: Made) -> None:
    for term in (made.key.prefix, f"fb_{made.key.prefix}", "bob"):
        assert made.key.prefix in page(root, f"?q={term}")
    assert made.key.prefix not in page(root, f"?q={made.key.digest}")


def test_a_user_is_deleted_with_their_keys(root: Client, made: Made, bob: User) -> None:
    Profile.objects.of(bob)
    root.post(f"/admin/auth/user/{bob.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=bob.pk).exists()
    assert not ApiKey.objects.exists()


def test_tenants_are_given_on_the_users_page(root: Client, bob: User) -> None:
    form = {
        "username": "bob",
        "is_active": "on",
        "date_joined_0": "2030-01-01",
        "date_joined_1": "00:00:00",
        "profile-TOTAL_FORMS": "1",
        "profile-INITIAL_FORMS": "0",
        "profile-0-user": str(bob.pk),
        "profile-0-tenants": "tenant-a,tenant-b",
        "profile-0-time_zone": "Europe/Zurich",
        "profile-0-external_subject": "",
    }
    answer: Any = root.post(f"/admin/auth/user/{bob.pk}/change/", form)
    assert answer.status_code == 302, answer.context["errors"]
    profile = Profile.objects.get()
    assert (profile.tenants, profile.time_zone, profile.external_subject) == (
        ["tenant-a", "tenant-b"],
        "Europe/Zurich",
        None,
    )
