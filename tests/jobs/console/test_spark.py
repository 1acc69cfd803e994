from hypothesis import given
from hypothesis import strategies as st

from jobs.console.spark import HEIGHT, WIDTH, points


def test_the_highest_touches_the_top_and_nothing_lies_at_the_bottom() -> None:
    assert points([0, 5, 10]) == "0.0,19.0 48.0,10.0 96.0,1.0"


def test_of_less_than_two_there_is_no_line() -> None:
    assert (points([]), points([3])) == ("", "")


@given(st.lists(st.integers(-10, 10**12), min_size=2, max_size=100))
def test_every_point_lies_within(values: list[int]) -> None:
    for pair in points(values).split(" "):
        x, y = map(float, pair.split(","))
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT
