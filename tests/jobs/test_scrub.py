"""Locals of code that runs: told without calling anybody's code."""

from typing import Any

import pytest

from jobs import scrub


class Wild:
    def __repr__(self) -> str:
        raise AssertionError("called")


class WildDict(dict[str, Any]):
    def items(self) -> Any:
        raise AssertionError("called")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (17, "17"),
        ("ada", "'ada'"),
        ({"a": [1, None], "password": "hunter2"}, "{'a': [1, None], 'password': ********}"),
        (Wild(), "<tests.jobs.test_scrub.Wild>"),
        ([Wild(), (1,)], "[<tests.jobs.test_scrub.Wild>, [1]]"),
        ({Wild: Wild()}, "{<builtins.type>: <tests.jobs.test_scrub.Wild>}"),
        (WildDict(a=1), "<tests.jobs.test_scrub.WildDict>"),
        ("token=hunter2", "'token=********'"),
        ([[[[1]]]], "[[[<builtins.list>]]]"),
    ],
    ids=["int", "str", "dict", "object", "list", "key", "subclass", "secret in text", "deep"],
)
def test_plain_data_is_shown_and_of_all_else_the_type(value: object, expected: str) -> None:
    assert scrub.plain("value", value) == expected


def test_secret_names_and_chosen_ones_are_hidden() -> None:
    assert scrub.plain("api_key", "hunter2") == scrub.HIDDEN
    assert scrub.plain("recipe", "two eggs", frozenset({"recipe"})) == scrub.HIDDEN


def test_it_is_bounded() -> None:
    assert len(scrub.plain("text", "x" * 10_000)) < 310
    assert len(scrub.plain("many", {str(number): "y" * 1000 for number in range(1000)})) < 310


@pytest.mark.parametrize("part", ["x", "password", "a://", "a://b:", "token ", "bearer ", "secret_", "-a"])
def test_much_text_is_told_as_soon_as_little(part: str) -> None:
    """A handler's error may quote a megabyte: a pattern that begins anew at each letter of it would take minutes."""
    assert len(scrub.text(part * 1_000_000)) < 100_000


def test_what_names_a_secret_within_a_text_is_hidden() -> None:
    told = scrub.text("DB_PASSWORD=hunter2 my_token_x: 'abc' postgres://u:hunter2@h/ Bearer abcdefghi and token, too")
    assert told == "DB_PASSWORD=******** my_token_x: '********' postgres://u:********@h/ Bearer ******** and token, too"
