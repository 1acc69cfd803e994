from hypothesis import example, given
from hypothesis import strategies as st

from jobs import pacing

RATES = st.floats(0.001, 10_000)
MOST = 1000


def test_without_a_rate_as_many_as_may_be() -> None:
    assert pacing.portion(None, 0.0, MOST) == MOST


def test_it_begins_at_once_and_then_waits_for_a_portion_that_is_worth_while() -> None:
    assert pacing.portion(20.0, pacing.first_wait(20.0), MOST) == 5
    assert pacing.portion(20.0, 0.2, MOST) == 0
    assert pacing.portion(0.5, pacing.first_wait(0.5), MOST) == 1
    assert pacing.portion(0.5, 1.9, MOST) == 0


def test_a_long_pause_is_not_made_up_for() -> None:
    assert pacing.portion(20.0, 3600.0, MOST) == 20
    assert pacing.used(20.0, 3600.0, 20) == 0.0


@given(RATES, st.lists(st.floats(0.0, 5.0), max_size=50))
def test_never_more_than_the_rate_and_a_second_of_it(rate: float, pauses: list[float]) -> None:
    waited, done, clock = pacing.first_wait(rate), 0, 0.0
    for pause in pauses:
        waited, clock = waited + pause, clock + pause
        count = pacing.portion(rate, waited, MOST)
        if count:
            waited = pacing.used(rate, waited, count)
            done += count
        assert 0 <= count <= MOST
        assert waited >= -1e-6
    assert done <= rate * (clock + pacing.longest_idle(rate)) + 1e-6


@given(RATES)
@example(0.95)
def test_it_keeps_up_when_asked_often(rate: float) -> None:
    done, waited, clock = 0, 0.0, 0.0
    step = max(pacing.PERIOD, 1.0 / rate) * 1.0001
    for _ in range(40):
        waited, clock = waited + step, clock + step
        while count := pacing.portion(rate, waited, MOST):
            waited = pacing.used(rate, waited, count)
            done += count
    assert done >= rate * clock * 0.9 - 1
