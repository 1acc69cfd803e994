"""What is counted comes back as it was, and histograms tell their quantiles."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.tally import BOUNDS, Figures, Histogram, Tally
from tests.jobs.tallies import by_type

seconds = st.floats(0, 10_000, allow_nan=False)
ends = st.tuples(
    st.sampled_from(["default", "critical"]),
    st.sampled_from(["a", "b.c"]),
    st.sampled_from(["succeeded", "raised"]),
    st.sampled_from(["succeeded", "failed", "retrying"]),
    seconds,
    seconds,
)


def read(tally: Tally) -> dict[str, Figures]:
    return by_type(counts for _, counts in tally)


@given(st.lists(ends, max_size=50))
def test_every_end_is_found_again_by_its_type(several: list[tuple[str, str, str, str, float, float]]) -> None:
    tally = Tally()
    for one in several:
        tally.end(*one)
    found = read(tally)
    for name in {one[1] for one in several}:
        own, figures = [one for one in several if one[1] == name], found.pop(name)
        assert figures.ended == figures.run.count == figures.wait.count == len(own)
        assert figures.run.seconds == pytest.approx(sum(one[4] for one in own), abs=1e-5 * (1 + len(own)))
        assert figures.wait.seconds == pytest.approx(sum(one[5] for one in own), abs=1e-5 * (1 + len(own)))
        assert figures.states == Counter(one[3] for one in own)
    assert not found


@given(st.lists(seconds, min_size=1, max_size=200), st.floats(0, 1))
def test_a_quantile_lies_in_the_bucket_of_its_job(several: list[float], share: float) -> None:
    tally = Tally()
    for one in several:
        tally.end("q", "a", "succeeded", "succeeded", one, 0.0)
    run = read(tally)["a"].run
    exact = sorted(several)[max(0, -int(-share * len(several) // 1) - 1)]
    found = run.quantile(share)
    assert found is not None
    lower = max((bound for bound in BOUNDS if bound < exact), default=0.0)
    upper = min((bound for bound in BOUNDS if bound >= exact), default=BOUNDS[-1])
    assert min(lower, BOUNDS[-1]) <= found <= upper


def test_without_jobs_there_is_no_quantile() -> None:
    assert Histogram().quantile(0.5) is None


def test_a_bound_belongs_to_the_bucket_below_it() -> None:
    tally = Tally()
    tally.end("q", "a", "succeeded", "succeeded", BOUNDS[3], 0.0)
    assert read(tally)["a"].run.buckets[3] == 1


def test_names_of_a_later_release_are_passed_over() -> None:
    found = Figures()
    found.count({"enqueued": 2, "unheard.of": 5, "unheard": 1})
    assert found == Figures(enqueued=2)
