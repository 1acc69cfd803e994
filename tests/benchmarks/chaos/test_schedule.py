"""The faults of a chaos run: drawn by a seed, never two at once on the same part."""

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.chaos import schedule
from benchmarks.chaos.schedule import SCHEDULERS, SORTS, WORKERS, Fault

SEEDS = st.integers(0, 10_000)


def target(fault: Fault) -> tuple[str, int]:
    part = SORTS[fault.sort].part
    return part, fault.pick % {"worker": WORKERS, "scheduler": SCHEDULERS}.get(part, 1)


@given(SEEDS, st.integers(0, 200))
@settings(max_examples=50)
def test_a_seed_gives_the_same_faults_again_in_order_of_time(seed: int, count: int) -> None:
    faults = schedule.draw(seed, count)
    assert faults == schedule.draw(seed, count)
    assert len(faults) == count
    assert [fault.at for fault in faults] == sorted(fault.at for fault in faults)


@given(SEEDS)
@settings(max_examples=50)
def test_a_part_is_left_alone_after_a_fault_until_it_has_rested(seed: int) -> None:
    until: dict[tuple[str, int], float] = {}
    for fault in schedule.draw(seed, 100):
        # Times are rounded to hundredths.
        assert fault.at >= until.get(target(fault), 0.0) - 0.02
        until[target(fault)] = fault.over + SORTS[fault.sort].rest


@given(SEEDS)
@settings(max_examples=20)
def test_every_sort_of_fault_happens(seed: int) -> None:
    assert {fault.sort for fault in schedule.draw(seed, len(SORTS))} == set(SORTS)


def test_without_faults_there_is_no_time_to_wait_for() -> None:
    assert schedule.length([]) == 0.0
