from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from pytest_django import Settings

from jobs.errors import Conflict, Invalid, NotAllowed, NotFound
from jobs.models import ApiKey, AuditEntry
from jobs.services import api_keys, identify, known_keys
from jobs.services.api_keys import Made, Wanted
from jobs.services.audit import Actor
from jobs.services.credentials import Identity
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def made(user: User, *scopes: str, by: User | None = None, **options: Any) -> Made:
    return api_keys.make(user, Wanted(name="a key", scopes=scopes or ["jobs:read"], **options), Actor.shell(), by)


def known(token: str) -> Identity:
    found = identify.by_token(token)
    assert found is not None
    return found


@pytest.fixture
def ada(transactional_db: None) -> User:
    return scenes.user("ada", "submit_job", "view_job")


class TestMake:
    def test_the_token_is_told_once_and_only_its_digest_kept(self, ada: User) -> None:
        key, token = made(ada)
        assert token.startswith(f"fb_{key.prefix}_")
        assert len(token) > 50
        kept = str(ApiKey.objects.values().get()) + str(AuditEntry.objects.values().get())
        assert token.split("_", 2)[2] not in kept
        assert key.digest == known_keys.digest(token)
        entry = AuditEntry.objects.get()
        assert (entry.verb, entry.target) == ("key.created", f"key:{key.prefix}")
        assert entry.after["scopes"] == ["jobs:read"]

    def test_no_two_tokens_are_the_same(self, ada: User) -> None:
        assert len({made(ada).token for _ in range(20)}) == 20

    @pytest.mark.parametrize(
        ("options", "field"),
        [
            ({"name": " "}, "name"),
            ({"name": "x" * 101}, "name"),
            ({"scopes": []}, "scopes"),
            ({"scopes": ["jobs:read", "root"]}, "scopes"),
            ({"tenant_id": "a b"}, "tenant_id"),
            ({"queues": ["ok", "Über"]}, "queues"),
            ({"expires_in": "0s"}, "expires_in"),
            ({"expires_in": "soon"}, "expires_in"),
            ({"expires_in": "9000d"}, "expires_in"),
        ],
    )
    def test_what_is_refused(self, ada: User, options: dict[str, Any], field: str) -> None:
        with pytest.raises(Invalid) as caught:
            api_keys.make(ada, Wanted(**{"name": "x", "scopes": ["jobs:read"], **options}), Actor.shell(), None)
        assert list(caught.value.details) == [field]
        assert not ApiKey.objects.exists()

    def test_a_person_makes_keys_for_themselves(self, ada: User) -> None:
        assert made(ada, "admin", by=ada).key.user_id == ada.pk

    def test_for_others_it_takes_a_permission(self, ada: User) -> None:
        with pytest.raises(NotAllowed):
            made(scenes.user("eve"), by=ada)

    def test_nobody_reaches_further_by_a_key_than_without(self, ada: User) -> None:
        boss = User.objects.create_superuser("boss")
        keeper = scenes.user("keeper", "add_apikey", "submit_job", "view_job", "view_payload")
        assert made(boss, "jobs:write", by=keeper)
        for scope in ("jobs:read", "jobs:operate", "worker", "admin"):
            with pytest.raises(NotAllowed, match="could do what you may not"):
                made(boss, scope, by=keeper)

    @pytest.mark.parametrize("held", [["view_job"], ["view_payload"], []], ids=", ".join)
    def test_nobody_sees_by_a_key_what_somebody_else_submitted(self, ada: User, held: list[str]) -> None:
        keeper = scenes.user("keeper", "add_apikey", "submit_job", *held)
        with pytest.raises(NotAllowed, match="could do what you may not"):
            made(ada, "jobs:write", by=keeper)
        assert made(keeper, "jobs:write", by=keeper)

    def test_a_key_makes_no_keys(self, ada: User) -> None:
        by_key = known(made(User.objects.create_superuser("boss"), "admin").token).user
        with pytest.raises(NotAllowed):
            made(ada, by=by_key)


class TestKnow:
    def test_the_user_within_the_scopes(self, ada: User) -> None:
        identity = known(made(ada, "jobs:write").token)
        assert identity.user == ada
        assert identity.user.has_perm("jobs.submit_job")
        assert not identity.user.has_perm("jobs.view_job")
        assert identity.user.get_all_permissions() == {"jobs.submit_job"}

    def test_a_scope_gives_nothing_that_the_user_lacks(self, ada: User) -> None:
        user = known(made(ada, "admin").token).user
        assert user.get_all_permissions() == {"jobs.submit_job", "jobs.view_job"}
        assert not user.has_perm("jobs.operate_queue")

    def test_not_even_a_superusers_key_goes_beyond_its_scopes(self, transactional_db: None) -> None:
        user = known(made(User.objects.create_superuser("boss"), "jobs:read").token).user
        assert user.has_perm("jobs.view_job")
        for beyond in ("jobs.submit_job", "auth.change_user", "jobs.add_apikey", "jobs.view_auditentry"):
            assert not user.has_perm(beyond)
        assert not user.has_perms(["jobs.view_job", "jobs.submit_job"])
        assert not user.has_module_perms("auth")

    def test_a_right_that_is_taken_from_the_user_is_taken_from_the_key(self, ada: User) -> None:
        token = made(ada, "jobs:read").token
        ada.user_permissions.clear()
        assert not known(token).user.has_perm("jobs.view_job")

    def test_wrong_ones_are_nobody(self, ada: User) -> None:
        key, token = made(ada)
        secret = token.split("_", 2)[2]
        for wrong in (
            "",
            "fb_",
            token[:-1],
            token + "x",
            token.upper(),
            f"fb_{key.prefix}_{'x' * len(secret)}",
            f"fb_{'0' * 12}_{secret}",
            key.digest,
            key.prefix,
            f"fb_{key.prefix}_{key.digest}",
            token + "\0",
            "\ud800",
            "x" * 100_000,
            "' or 1=1 --",
        ):
            assert identify.by_token(wrong) is None

    def test_revoked_expired_and_shut_out(self, ada: User) -> None:
        revoked, expired, kept = made(ada), made(ada, expires_in="1h"), made(ada, expires_in="1h")
        api_keys.revoke(revoked.key.pk, Actor.shell(), "lost")
        ApiKey.objects.filter(pk=expired.key.pk).update(expires_at=LONG_AGO)
        assert identify.by_token(revoked.token) is None
        assert identify.by_token(expired.token) is None
        assert known(kept.token).user == ada
        User.objects.update(is_active=False)
        assert identify.by_token(kept.token) is None

    def test_its_use_is_noted_once_a_minute(self, ada: User) -> None:
        key, token = made(ada)
        assert ApiKey.objects.get().last_used_at is None
        known(token)
        first = ApiKey.objects.get().last_used_at
        known(token)
        assert ApiKey.objects.get().last_used_at == first
        ApiKey.objects.update(last_used_at=LONG_AGO)
        known(token)
        assert ApiKey.objects.get().last_used_at > LONG_AGO

    def test_saving_the_user_of_a_key_changes_nothing(self, ada: User) -> None:
        user = known(made(ada).token).user
        user.save()
        assert User.objects.get(pk=ada.pk).password == ada.password


class TestRevoke:
    def test_it_is_told(self, ada: User) -> None:
        key = made(ada).key
        api_keys.revoke(key.pk, Actor(ada.pk, "ada", "10.0.0.1", "session"), "lost")
        entry = AuditEntry.objects.get(verb="key.revoked")
        assert (entry.actor, entry.source, entry.via, entry.reason) == ("ada", "10.0.0.1", "session", "lost")
        with pytest.raises(Conflict):
            api_keys.revoke(key.pk, Actor.shell())

    def test_one_that_is_not_there(self, transactional_db: None) -> None:
        with pytest.raises(NotFound):
            api_keys.revoke(7, Actor.shell())


class TestAdminToken:
    @pytest.fixture(autouse=True)
    def token(self, settings: Settings, transactional_db: None) -> str:
        settings.FLOWBIT = replace(settings.FLOWBIT, admin_token="a.token.of-a-test")
        return "a.token.of-a-test"

    def test_it_makes_its_key_once(self, token: str) -> None:
        assert known_keys.ensure_admin_key()
        assert not known_keys.ensure_admin_key()
        assert known(token).user.get_username() == "admin-token"
        assert known(token).user.has_perm("jobs.operate_queue")
        key = ApiKey.objects.get()
        assert (key.scopes, token in str(ApiKey.objects.values().get())) == (["admin"], False)

    def test_of_many_first_requests_each_is_let_in_with_every_right(self, token: str) -> None:
        together = Barrier(8)

        def ask(_: int) -> bool:
            together.wait(30)
            try:
                return known(token).user.has_perm("jobs.operate_queue")
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(ask, range(8))) == [True] * 8

    def test_one_that_was_revoked_stays_so(self, token: str) -> None:
        known(token)
        api_keys.revoke(ApiKey.objects.get().pk, Actor.shell())
        assert identify.by_token(token) is None
        assert not known_keys.ensure_admin_key()
        assert ApiKey.objects.count() == 1

    def test_an_earlier_one_opens_nothing(self, token: str, settings: Settings) -> None:
        known(token)
        settings.FLOWBIT = replace(settings.FLOWBIT, admin_token="another")
        assert identify.by_token(token) is None
        assert known("another").user.get_username() == "admin-token"

    @pytest.mark.parametrize("blank", ["", " ", "None", "null"])
    def test_a_blank_one_matches_nothing(self, settings: Settings, blank: str) -> None:
        settings.FLOWBIT = replace(settings.FLOWBIT, admin_token="")
        assert identify.by_token(blank) is None
        assert not known_keys.ensure_admin_key()
