from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from flowbit.env import Env


def test_text_is_stripped_and_a_blank_counts_as_unset() -> None:
    env = Env({"NAME": " flowbit ", "BLANK": "  "})
    assert env.text("NAME") == "flowbit"
    assert env.text("BLANK", "default") == "default"
    assert env.text("MISSING") == ""
    assert env.text("MISSING", Path("/data")) == "/data"


def test_other_names_are_tried_in_order_after_the_first() -> None:
    env = Env({"OLD": "old", "OLDER": "older"})
    assert env.text("NEW", also=("OLD", "OLDER")) == "old"
    assert Env({"NEW": "new", "OLD": "old"}).text("NEW", also=("OLD",)) == "new"


@pytest.mark.parametrize(("text", "value"), [("1", True), ("Yes", True), ("off", False), ("FALSE", False)])
def test_flag(text: str, value: bool) -> None:
    assert Env({"DEBUG": text}).flag("DEBUG", not value) is value


def test_integer_within_its_range() -> None:
    assert Env({"PORT": "8000"}).integer("PORT", 1, min=1, max=65535) == 8000
    assert Env({}).integer("PORT", None) is None


def test_duration_gives_seconds_of_the_value_or_of_the_default() -> None:
    assert Env({"LEASE_TTL": "1m30s"}).duration("LEASE_TTL", "30s") == 90
    assert Env({}).duration("LEASE_TTL", "30s") == 30
    assert Env({}).duration("LEASE_TTL", 2.5) == 2.5


def test_words() -> None:
    assert Env({"HOSTS": "a, b,,c "}).words("HOSTS") == ["a", "b", "c"]
    assert Env({}).words("HOSTS", ["localhost"]) == ["localhost"]


def test_choice() -> None:
    assert Env({"LOG_FORMAT": "JSON"}).choice("LOG_FORMAT", "console", ["console", "json"]) == "json"


def test_url() -> None:
    url = "rediss://:secret@host:6380/1"
    assert Env({"REDIS_ADDR": url}).url("REDIS_URL", "", ["redis", "rediss"], also=("REDIS_ADDR",)) == url
    assert Env({}).url("REDIS_URL", "unix:///run/redis.sock") == "unix:///run/redis.sock"


def test_a_bad_flag_names_its_variable() -> None:
    with pytest.raises(ImproperlyConfigured, match="DEBUG='maybe' is neither yes nor no"):
        Env({"DEBUG": "maybe"}).flag("DEBUG")


@pytest.mark.parametrize(
    ("text", "message"),
    [("many", "PORT='many' is not a whole number"), ("0", "PORT='0' is not from 1 to 65535")],
)
def test_a_bad_integer_names_its_variable(text: str, message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        Env({"PORT": text}).integer("PORT", 8000, min=1, max=65535)


def test_an_open_range_is_told() -> None:
    with pytest.raises(ImproperlyConfigured, match="1 or more"):
        Env({"SLOTS": "0"}).integer("SLOTS", 1, min=1)
    with pytest.raises(ImproperlyConfigured, match="9 or less"):
        Env({"SLOTS": "10"}).integer("SLOTS", 1, max=9)


def test_a_bad_value_is_told_by_the_name_it_was_found_under() -> None:
    with pytest.raises(ImproperlyConfigured, match="OLD_TTL: 'soon' is not a duration"):
        Env({"OLD_TTL": "soon"}).duration("TTL", 1, also=("OLD_TTL",))


def test_a_bad_choice_lists_the_good_ones() -> None:
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT='xml' is not one of console, json"):
        Env({"LOG_FORMAT": "xml"}).choice("LOG_FORMAT", "console", ["console", "json"])


@pytest.mark.parametrize("text", ["secret@host", "http://:secret@host"])
def test_a_bad_url_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL") as caught:
        Env({"REDIS_URL": text}).url("REDIS_URL", schemes=["redis"])
    assert "secret" not in str(caught.value)
