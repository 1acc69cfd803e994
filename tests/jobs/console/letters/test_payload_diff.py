from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.console.letters import payload_diff
from jobs.console.letters.payload_diff import Line, compare

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


def test_only_what_changed_is_shown() -> None:
    diff = compare({"to": "nobody", "cc": [1, 2], "n": 1}, {"to": "ada", "cc": [1], "n": 1, "new": {}}, {})
    assert diff.lines == [
        Line("to", '"nobody"', '"ada"', "changed"),
        Line("cc.1", "2", None, "removed"),
        Line("new", None, "{}", "added"),
    ]
    assert (diff.same, diff.more) == (2, 0)


def test_what_is_wrong_stands_beside_its_field_and_first() -> None:
    problems = {"payload.items.0.n": ["must be a number"], "payload.to": ["Field required"], "payload": ["too large"]}
    diff = compare({"a": 1, "items": [{"n": "x"}]}, {"a": 2, "items": [{"n": "x"}]}, problems)
    assert diff.lines == [
        Line("items.0.n", '"x"', '"x"', "wrong", ["must be a number"]),
        Line("to", None, None, "wrong", ["Field required"]),
        Line("", None, None, "wrong", ["too large"]),
        Line("a", "1", "2", "changed"),
    ]


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), (1, 1.0), ("1", 1)])
def test_values_of_another_type_are_not_the_same(before: Any, after: Any) -> None:
    assert [line.kind for line in compare({"n": before}, {"n": after}, {}).lines] == ["changed"]


def test_long_deep_and_many_are_bounded() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = {"d": deep}
    after = {"long": "y" * 200_000, "deep": deep, **{f"f{number}": number for number in range(10_000)}}
    diff = compare({}, after, {"payload.long": ["is too long"]})
    assert len(diff.lines) == payload_diff.MOST_LINES
    assert diff.lines[0].path == "long"
    assert len(diff.lines[0].after or "") < 400
    assert diff.more > 0


@given(JSON)
def test_nothing_differs_from_itself(value: Any) -> None:
    assert compare(value, value, {}).lines == []


@given(JSON, JSON)
def test_any_two_can_be_compared_and_the_other_way_round(one: Any, two: Any) -> None:
    there, back = compare(one, two, {}), compare(two, one, {})
    assert {line.path for line in there.lines} == {line.path for line in back.lines}
    assert there.same == back.same
