import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from django.contrib.auth.models import User
from django.core import signing
from pytest_django import Settings

from jobs.models import TokenSession
from jobs.services import identify, tokens
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada(transactional_db: None) -> User:
    return scenes.user("ada", "submit_job")


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_an_access_token_is_its_user(ada: User) -> None:
    pair = tokens.begin(ada)
    identity = identify.by_token(pair.access)
    assert identity is not None
    assert (identity.user, str(identity.credential)) == (ada, "token")
    assert identity.user.has_perm("jobs.submit_job")
    assert claims(pair.access)["exp"] - claims(pair.access)["iat"] == pair.expires_in == 600


def test_tokens_hold_no_secret(ada: User) -> None:
    pair = tokens.begin(ada)
    assert ada.password not in str(claims(pair.access)) + str(claims(pair.refresh))


def test_neither_kind_does_for_the_other(ada: User) -> None:
    pair = tokens.begin(ada)
    assert identify.by_token(pair.refresh) is None
    assert tokens.renew(pair.access) is None
    assert identify.by_token(pair.access) is not None


def test_a_refresh_token_is_used_once(ada: User) -> None:
    first = tokens.begin(ada)
    second = tokens.renew(first.refresh)
    assert second is not None
    third = tokens.renew(second.refresh)
    assert third is not None
    assert identify.by_token(third.access) is not None


def test_one_that_comes_back_ends_the_sign_in_for_the_thief_too(ada: User) -> None:
    stolen = tokens.begin(ada)
    other = tokens.begin(ada)
    renewed = tokens.renew(stolen.refresh)
    assert renewed is not None
    assert tokens.renew(stolen.refresh) is None
    assert tokens.renew(renewed.refresh) is None
    assert identify.by_token(renewed.access) is None
    assert identify.by_token(other.access) is not None


@pytest.mark.parametrize("how", ["password", "inactive", "signed out", "expired", "deleted"])
def test_what_ends_all_tokens(ada: User, how: str) -> None:
    pair = tokens.begin(ada)
    if how == "password":
        ada.set_password("another-secret-of-a-test")
        ada.save()
    elif how == "inactive":
        User.objects.update(is_active=False)
    elif how == "signed out":
        assert tokens.end_all(ada) == 1
    elif how == "expired":
        TokenSession.objects.update(expires_at=datetime(2001, 1, 1, tzinfo=UTC))
    else:
        ada.delete()
    assert identify.by_token(pair.access) is None
    assert tokens.renew(pair.refresh) is None


def test_an_expired_one(ada: User, settings: Settings) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, access_token_life=-60.0)
    assert identify.by_token(tokens.begin(ada).access) is None


def test_forged_ones(ada: User) -> None:
    real = tokens.begin(ada).access
    header, body, signature = real.split(".")
    said = claims(real)
    root = User.objects.create_superuser("root")
    key = tokens._key()
    forged = [
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        f"{part({'alg': 'None', 'typ': 'JWT'})}.{body}.{signature}",
        f"{header}.{part({**said, 'sub': str(root.pk)})}.{signature}",
        f"{header}.{body}.",
        f"{header}.{body}.{signature[:-4]}AAAA",
        jwt.encode(said, "", algorithm="none"),
        jwt.encode(said, b"x" * 32, algorithm="HS256"),
        jwt.encode(said, key + b"x" * 32, algorithm="HS512"),
        jwt.encode({**said, "iss": "other"}, key, algorithm="HS256"),
        jwt.encode({**said, "sub": str(root.pk)}, key, algorithm="HS256"),
        *(jwt.encode({k: v for k, v in said.items() if k != name}, key, algorithm="HS256") for name in said),
        f"{header}.{body}.{signature}\0",
        "é.é.é",
        "..",
        "a.b.c",
    ]
    for token in forged:
        assert identify.by_token(token) is None
    assert identify.by_token(real) is not None


def test_what_django_signs_with_the_same_key_is_no_token(ada: User, settings: Settings) -> None:
    said = claims(tokens.begin(ada).access)
    assert identify.by_token(signing.dumps(said)) is None
    assert identify.by_token(jwt.encode(said, settings.SECRET_KEY, algorithm="HS256")) is None


def test_old_sign_ins_are_swept_away_with_the_next(ada: User) -> None:
    tokens.begin(ada)
    TokenSession.objects.update(expires_at=datetime(2001, 1, 1, tzinfo=UTC))
    tokens.begin(ada)
    assert TokenSession.objects.count() == 1
