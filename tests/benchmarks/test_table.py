"""Medians and the table that is made of them."""

from collections.abc import Sequence

import pytest

from benchmarks.peers.table import Row, figure, markdown


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([], "-"),
        ([361.4], "361"),
        ([8.04, 7.0, 9.9], "8 (7-10)"),
        ([50_149.0, 46_966.0, 51_481.0], "50,100 (47,000-51,500)"),
        ([1.0, 2.0], "2 (1-2)"),
    ],
)
def test_a_figure_is_the_median_with_its_spread(values: Sequence[float], shown: str) -> None:
    assert figure(values) == shown


def test_the_table_begins_with_who_records_most_and_ends_with_who_records_nothing() -> None:
    rows = [Row(name, "1", "Redis", "-") for name in ("forgetful", "slow", "quick")]
    rows[0].add({"one": 9.0, "run": 900.0}, {"job": False})
    rows[1].add({"one": 9.0, "run": 90.0, "recorded": 80.0}, {"job": True})
    rows[2].add({"one": 9.0, "run": 90.0, "recorded": 85.0}, {"job": True})
    assert [line.split(" | ")[0] for line in markdown(rows).splitlines()[2:]] == ["| quick", "| slow", "| forgetful"]


def test_a_row_says_what_is_kept() -> None:
    row = Row("one", "1.0", "Redis", "1 day")
    row.add({"one": 1000.0, "run": 10.0}, {"job": True, "arguments": False, "attempts": False, "result": True})
    row.add({"one": 3000.0, "run": 20.0}, {"job": True, "arguments": False, "attempts": False, "result": True})
    assert markdown([row]).splitlines()[-1] == (
        "| one | 1.0 | Redis | 2,000 (1,000-3,000) | - | 15 (10-20) | - | yes | no | no | yes | 1 day |"
    )
