from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import timezone

from jobs.console import json_text, numbers


def rendered(source: str, **context: Any) -> str:
    return Template("{% load console %}" + source).render(Context(context))


def test_a_state_has_a_colour_an_icon_and_a_word() -> None:
    html = rendered("{% state 'failed' %}")
    assert "state-failed" in html and "#state-failed" in html and html.endswith("failed</span>")


def test_a_word_for_a_state_is_escaped() -> None:
    assert "<b>" not in rendered("{% state name %}", name='x"><b>')


def test_an_instant_says_how_long_ago_it_was_and_when_that_is() -> None:
    html = rendered("{% ago at %}", at=timezone.now() - timedelta(minutes=5))
    assert ">5 m ago</time>" in html
    assert rendered("{% ago at %}", at=timezone.now() + timedelta(hours=2, seconds=30)).count(">in 2 h</time>") == 1
    assert 'datetime="2026-01-02T03:04:05.678Z"' in rendered(
        "{% ago at %}", at=datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    )
    assert rendered("{% ago at %}", at=None) == "-"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (1234, "1,234"), (999_999, "999,999"), (1_250_000, "1.2 M"), (3_400_000_000, "3.4 G")],
)
def test_big_numbers_are_short(value: int, shown: str) -> None:
    assert numbers.compact(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0 ms"),
        (0.0031, "3 ms"),
        (1.26, "1.3 s"),
        (59.9, "59 s"),
        (200, "3 m 20 s"),
        (7500, "2 h 5 m"),
        (273_600, "3 d 4 h"),
    ],
)
def test_durations_have_two_parts_at_most(value: float, shown: str) -> None:
    assert numbers.duration(value) == shown


HOSTILE = {
    "<script>alert(1)</script>": "{{ 7|add:7 }}{% load log %}",
    "rtl": "abc\u202e\u2066gpj.exe",
    "quote": '"><img src=x onerror=alert(1)>',
    "n": [1, -2.5e3, True, None, "a: \"b\": 'c'"],
}


def test_json_is_escaped_whatever_is_in_it() -> None:
    html = rendered("{% json value %}", value=HOSTILE)
    assert "<script" not in html and "<img" not in html
    assert "{{ 7|add:7 }}" in html
    assert '<span class="j-key">&quot;rtl&quot;</span>' in html


def test_json_that_is_long_is_cut_and_says_so() -> None:
    shown = json_text.coloured({"text": "x" * 200_000})
    assert shown.cut and len(shown.html) < 21_000
    assert "The first 20,000 of" in rendered("{% json value %}", value={"text": "x" * 200_000})


def test_json_that_is_deep_is_shown() -> None:
    value: Any = 1
    for _ in range(200):
        value = [value]
    assert json_text.coloured(value).length > 200
