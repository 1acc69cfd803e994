from typing import Any

import pytest
from django.conf import settings
from psycopg.conninfo import make_conninfo

from flowbit import database


def parsed(url: str) -> dict[str, Any]:
    found = database.parse(url)
    assert found.pop("ENGINE") == "flowbit.postgresql"
    return found


def expected(**changed: Any) -> dict[str, Any]:
    return {"NAME": "app", "USER": "", "PASSWORD": "", "HOST": "", "PORT": "", "OPTIONS": {}} | changed


@pytest.mark.parametrize(
    ("url", "fields"),
    [
        ("postgresql:///app", {}),
        ("postgres://host/app", {"HOST": "host"}),
        (
            "postgresql://me:pw@host:6432/app",
            {"USER": "me", "PASSWORD": "pw", "HOST": "host", "PORT": "6432"},
        ),
        ("postgresql://me:p%40%2Fw%2B+@host/app", {"USER": "me", "PASSWORD": "p@/w++", "HOST": "host"}),
        ("postgresql://me:p@w@host/app", {"USER": "me", "PASSWORD": "p@w", "HOST": "host"}),
        ("postgresql://me@/app?host=%2Frun%2Fpg", {"USER": "me", "HOST": "/run/pg"}),
        ("postgresql://%2Frun%2Fpg/app", {"HOST": "/run/pg"}),
        ("postgresql://[::1]:5433/app", {"HOST": "::1", "PORT": "5433"}),
        ("postgresql://a:1,b:2/app", {"HOST": "a,b", "PORT": "1,2"}),
        ("postgresql://a,b/app", {"HOST": "a,b"}),
        ("postgresql:///?dbname=app&user=me&port=5433", {"USER": "me", "PORT": "5433"}),
        (
            "postgresql://host/app?sslmode=verify-full&sslrootcert=%2Fca.pem&connect_timeout=5",
            {
                "HOST": "host",
                "OPTIONS": {"sslmode": "verify-full", "sslrootcert": "/ca.pem", "connect_timeout": 5},
            },
        ),
    ],
)
def test_parse(url: str, fields: dict[str, Any]) -> None:
    assert parsed(url) == expected(**fields)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://me:secret@host/app", "begins with postgresql"),
        ("me:secret@host/app", "begins with postgresql"),
        ("postgresql://me:secret@host", "database's name"),
        ("postgresql://me:secret@host/", "database's name"),
        ("postgresql://me:secret@host:http/app", "port"),
        ("postgresql://me:secret@host:99999/app", "port"),
        ("postgresql://me:secret@[::1/app", "bracket"),
        ("postgresql://me:secret@host/app?sslmod=require", "unknown option 'sslmod'"),
        ("postgresql://me:secret@host/app?connect_timeout=soon", "connect_timeout"),
    ],
)
def test_refuses_without_showing_the_password(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        database.parse(url)
    assert "secret" not in str(caught.value)


def test_what_is_patient_by_default_is_known_to_libpq_and_may_be_told_otherwise() -> None:
    assert make_conninfo("", **database.PATIENCE)
    assert set(database.PATIENCE) <= database.OPTIONS
    assert settings.DATABASES["default"]["OPTIONS"]["connect_timeout"] == 10
