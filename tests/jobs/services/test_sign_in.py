from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate, authenticate
from django.contrib.auth.models import User
from django.db import connection
from django.test import RequestFactory
from pytest_django import Settings

from jobs.errors import TooMany
from jobs.models import Throttle
from jobs.rates import Rate
from jobs.services import sign_in
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "secret-of-a-test"


@pytest.fixture(autouse=True)
def ada(settings: Settings, transactional_db: None) -> Iterator[User]:
    settings.FLOWBIT = replace(settings.FLOWBIT, login_rate=Rate(3, 600), login_address_rate=Rate(5, 600))
    yield scenes.user("ada")


def attempt(name: str, password: str, address: str = "10.0.0.1") -> Any:
    request = RequestFactory().post("/", REMOTE_ADDR=address)
    return authenticate(request, username=name, password=password)


def test_the_right_password(ada: User) -> None:
    for _ in range(10):
        assert attempt("ada", PASSWORD) == ada
    assert list(Throttle.objects.values_list("count", flat=True)) == [0]


def test_wrong_ones_for_one_name_are_limited_whatever_the_address() -> None:
    for number in range(3):
        assert attempt("ada", "wrong", f"10.0.0.{number}") is None
    with pytest.raises(TooMany) as caught:
        attempt("ada", PASSWORD, "10.0.0.99")
    assert 0 < caught.value.wait <= 600


@pytest.mark.parametrize("spelling", ["ADA", "Ada", "ａｄａ"])
def test_another_spelling_is_no_other_name(spelling: str) -> None:
    for _ in range(3):
        attempt(spelling, "wrong")
    with pytest.raises(TooMany):
        attempt("ada", PASSWORD)


def test_wrong_ones_from_one_address_are_limited_whatever_the_name() -> None:
    for number in range(5):
        assert attempt(f"somebody-{number}", "wrong") is None
    with pytest.raises(TooMany):
        attempt("ada", PASSWORD)
    assert attempt("ada", PASSWORD, "10.0.0.2") is not None


def test_a_whole_network_of_ipv6_counts_as_one_address() -> None:
    assert sign_in.address_key("2001:db8::1") == sign_in.address_key("2001:db8::ffff:1")
    assert sign_in.address_key("2001:db8::1") != sign_in.address_key("2001:db8:0:1::1")
    assert sign_in.address_key("") == "sign-in address "


def test_names_that_nobody_has_are_treated_the_same() -> None:
    for _ in range(3):
        assert attempt("nobody", "wrong", "10.0.0.1") is None
        assert attempt("ada", "wrong", "10.0.0.2") is None
    messages = []
    for name in ("nobody", "ada"):
        with pytest.raises(TooMany) as caught:
            attempt(name, "wrong", "10.0.0.3")
        messages.append(caught.value.message)
    assert messages[0] == messages[1]


def test_success_forgets_the_name_and_not_the_address() -> None:
    for _ in range(2):
        attempt("ada", "wrong")
    assert attempt("ada", PASSWORD) is not None
    for _ in range(3):
        assert attempt("ada", "wrong") is None
    with pytest.raises(TooMany):
        attempt("nobody", "wrong")


def test_what_was_typed_is_not_kept() -> None:
    attempt("hunter2-in-the-wrong-field", "hunter2")
    assert "hunter2" not in str(list(Throttle.objects.values()))


def test_many_at_once_are_no_way_around() -> None:
    def one(_number: int) -> str:
        with closing(connection):
            try:
                return "wrong" if attempt("ada", "wrong") is None else "right"
            except TooMany:
                return "too many"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(16)))
    assert answers.count("wrong") <= 3


def test_the_asynchronous_way_is_limited_too() -> None:
    request = RequestFactory().post("/", REMOTE_ADDR="10.0.0.1")
    for _ in range(3):
        attempt("ada", "wrong")
    with pytest.raises(TooMany):
        async_to_sync(aauthenticate)(request, username="ada", password=PASSWORD)


def test_it_can_be_turned_off(settings: Settings) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, login_rate=None, login_address_rate=None)
    for _ in range(20):
        assert attempt("ada", "wrong") is None
    assert attempt("ada", PASSWORD) is not None
