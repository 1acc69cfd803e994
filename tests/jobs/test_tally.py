"""What is counted comes back as it was, and histograms tell their quantiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.tally import BOUNDS, Histogram, Tally, by_type, together

seconds = st.floats(0, 10_000, allow_nan=False)
ends = st.tuples(
    st.sampled_from(["default", "critical"]),
    st.sampled_from(["a", "b.c"]),
    st.sampled_from(["succeeded", "raised"]),
    st.sampled_from(["succeeded", "failed", "retrying"]),
    seconds,
    seconds,
)


@given(st.lists(ends, max_size=50))
def test_every_end_is_found_again_by_its_type(several: list[tuple[str, str, str, str, float, float]]) -> None:
    tally = Tally()
    for one in several:
        tally.end(*one)
    found = by_type(counts for _, counts in tally)
    assert {name: figures.ended for name, figures in found.items()} == {
        name: sum(one[1] == name for one in several) for name in {one[1] for one in several}
    }
    whole = together(counts for _, counts in tally)
    assert whole.ended == whole.run.count == whole.wait.count == len(several)
    assert whole.run.seconds == pytest.approx(sum(one[4] for one in several), abs=1e-5 * (1 + len(several)))
    assert sum(whole.states.values()) == len(several)


@given(st.lists(seconds, min_size=1, max_size=200), st.floats(0, 1))
def test_a_quantile_lies_in_the_bucket_of_its_job(several: list[float], share: float) -> None:
    tally = Tally()
    for one in several:
        tally.end("q", "a", "succeeded", "succeeded", one, 0.0)
    run = together(counts for _, counts in tally).run
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
    assert together(counts for _, counts in tally).run.buckets[3] == 1


def test_fields_of_a_later_release_are_passed_over() -> None:
    assert together([{"a|enqueued": 2, "a|unheard.of": 5}]).enqueued == 2


def test_types_can_be_picked_out() -> None:
    assert together([{"a|enqueued": 2, "b|enqueued": 5}], ["b"]).enqueued == 5
