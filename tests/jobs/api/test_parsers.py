"""What is refused of a body before anybody looks at what it says."""

import io
import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from jobs.api import parsers
from jobs.api.parsers import MOST_VALUES, BatchParser, JsonParser
from jobs.errors import Invalid, TooLarge


def parsed(text: bytes, parser: type[JsonParser] = JsonParser) -> Any:
    return parser().parse(io.BytesIO(text))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b'{"type": "echo", "type": "fail"}', "type"),
        (b'{"payload": {"a": 1, "b": 2, "a": 1}}', "a"),
        (rb'[{"x": {"\ud800": 1, "\ud800": 2}}]', "?"),
    ],
    ids=["top", "inner", "odd"],
)
def test_a_name_that_comes_twice_is_refused_and_named(text: bytes, name: str) -> None:
    with pytest.raises(Invalid) as caught:
        parsed(text)
    assert caught.value.details == {name: ["is given twice"]}


def test_the_same_name_in_two_objects_is_fine() -> None:
    assert parsed(b'{"a": {"b": 1}, "c": {"b": 1}}') == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize("item", [b"[],", b'{"a":{}},', b"1,"], ids=["lists", "objects", "numbers"])
def test_a_batch_of_more_values_than_memory_likes_is_refused_unparsed(item: bytes) -> None:
    with pytest.raises(TooLarge, match="values"):
        parsed(b'{"jobs":[' + item * MOST_VALUES + b"0]}", BatchParser)


def test_commas_and_brackets_within_texts_are_no_values() -> None:
    text = rb"[{,\\\"" * (MOST_VALUES // 2)
    assert len(parsed(b'{"jobs": ["' + text + b'"]}', BatchParser)["jobs"][0]) == 5 * (MOST_VALUES // 2)


@pytest.mark.parametrize("text", [rb"[\"", rb"[\\", rb"[\\\""], ids=["quotes", "backslashes", "both"])
def test_a_text_without_an_end_is_no_json(text: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(b"[" + b'"' + text * MOST_VALUES, BatchParser)


TEXTS = st.text('a,[{\\"', max_size=8)
JSON = st.recursive(TEXTS | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=20)


def _marks(value: Any) -> int:
    """Opening brackets, and commas between items."""
    if not isinstance(value, list | dict):
        return 0
    items = value.values() if isinstance(value, dict) else value
    return 1 + max(len(value) - 1, 0) + sum(map(_marks, items))


@given(JSON, st.integers(1, 9))
def test_values_are_counted_exactly_however_the_text_is_cut(value: Any, piece: int) -> None:
    with mock.patch.object(parsers, "_PIECE", piece):
        pieces = parsers._outside_of_texts(json.dumps(value).encode())
        assert sum(map(parsers._values, pieces)) == _marks(value)
