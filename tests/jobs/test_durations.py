import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import durations


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30s", 30),
        ("250ms", 0.25),
        ("5m", 300),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("2d", 172_800),
        ("1w", 604_800),
        ("90", 90),
        ("1.5", 1.5),
        ("1.5h", 5400),
        (".5s", 0.5),
        (" 10S ", 10),
        ("0", 0),
        (15, 15),
        (0.25, 0.25),
    ],
)
def test_parses(value: str | float, seconds: float) -> None:
    assert durations.parse(value) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "value",
    ["", " ", "s", "5x", "-1s", "-1", "1h-30m", "nan", "inf", "1e3", "٣s", "1_000", "5 5", "1s2", "1..2s"],
)
def test_refuses_text_that_is_no_duration(value: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        durations.parse(value)


@pytest.mark.parametrize("value", [-1, -0.001, math.nan, math.inf, -math.inf, True, None, [1]])
def test_refuses_numbers_that_are_no_duration(value: float) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        durations.parse(value)


@pytest.mark.parametrize("value", ["4000d", "9" * 30, 10**9, 10**400, "1000000h"])
def test_refuses_what_is_absurdly_long(value: str | int) -> None:
    with pytest.raises(ValueError, match="duration"):
        durations.parse(value)


def test_a_message_shows_only_the_beginning_of_a_long_value() -> None:
    with pytest.raises(ValueError, match="is not a duration") as caught:
        durations.parse("x" * 10_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.25, "250ms"),
        (0.0004, "0.4ms"),
        (0.9999999, "1s"),
        (1.5, "1.5s"),
        (59.9996, "1m"),
        (90, "1m30s"),
        (5400, "1h30m"),
        (86_400, "1d"),
        (604_800, "7d"),
        (-90, "-1m30s"),
    ],
)
def test_formats(seconds: float, text: str) -> None:
    assert durations.format(seconds) == text


@given(st.floats(min_value=0, max_value=durations.LONGEST))
def test_what_is_formatted_can_be_parsed(seconds: float) -> None:
    assert durations.parse(durations.format(seconds)) == pytest.approx(seconds, abs=0.0006)


@given(st.text())
def test_any_text_gives_seconds_or_a_value_error(text: str) -> None:
    try:
        seconds = durations.parse(text)
    except ValueError:
        return
    assert 0 <= seconds <= durations.LONGEST
