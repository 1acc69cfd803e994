"""Instants come as Django's own backend would read them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DataError, connection

from jobs.store import sql

pytestmark = pytest.mark.django_db


def read(text: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("select %s::timestamptz", [text])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 11, 25, 14, 7, 57, 660349, UTC),
        datetime(2026, 11, 25, 14, 7, 57, 500000, UTC),
        datetime(2026, 11, 25, 14, 7, 57, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
    ],
    ids=lambda instant: instant.isoformat(),
)
def test_an_instant_comes_back_as_it_went_in_utc(instant: datetime) -> None:
    found = read(instant.isoformat())
    assert (found, found.tzinfo) == (instant, UTC)


def test_one_that_is_null_stays_none() -> None:
    assert sql.run("select null::timestamptz, now()::timestamptz = now()") == [(None, True)]


@pytest.mark.parametrize("text", ["infinity", "0044-03-15 BC", "10000-01-01"])
def test_one_that_python_cannot_hold_is_an_error(text: str) -> None:
    with pytest.raises(DataError):
        read(text)


def test_a_session_in_another_time_zone_names_the_same_instant() -> None:
    sql.run("set local timezone to 'Asia/Kathmandu'")
    [(found,)] = sql.run("select timestamptz '2026-11-25 14:07:57+00'")
    assert found == datetime(2026, 11, 25, 14, 7, 57, tzinfo=UTC)
    assert found.utcoffset() == timedelta(0)
