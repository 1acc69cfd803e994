"""The way of a job through the state machine."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.console.job import state_path
from jobs.console.job.state_path import Happened
from jobs.states import State

START = datetime(2030, 1, 1, tzinfo=UTC)


def way(*kinds: str, first: str = "queued", now: str) -> list[str]:
    """The states that events, a second apart, lead through; kinds with a comma come at one time."""
    happened = [
        Happened(kind, START + timedelta(seconds=second))
        for second, text in enumerate(kinds)
        for kind in text.split(",")
    ]
    return [step.state.value for step in state_path.steps(State(first), happened, State(now))]


def test_a_job_that_ran_well() -> None:
    kinds = ("job.enqueued", "job.started", "attempt.succeeded,job.succeeded")
    assert way(*kinds, now="succeeded") == ["queued", "running", "succeeded"]


def test_a_failure_that_is_tried_again_waits_for_it() -> None:
    kinds = ("job.enqueued", "job.started", "attempt.raised", "job.started", "attempt.raised,job.failed")
    assert way(*kinds, now="failed") == ["queued", "running", "retrying", "queued", "running", "failed"]
    assert way(*kinds[:3], now="retrying") == ["queued", "running", "retrying"]


def test_a_replayed_one_goes_on_from_its_failure() -> None:
    kinds = ("job.enqueued", "job.started", "attempt.raised,job.failed", "job.replayed", "job.started")
    assert way(*kinds, now="running") == ["queued", "running", "failed", "queued", "running"]


def test_one_that_waited_for_others_or_for_its_time() -> None:
    assert way("job.enqueued", first="blocked", now="blocked") == ["blocked"]
    assert way("job.enqueued", "job.started", first="blocked", now="running") == ["blocked", "queued", "running"]
    assert way("job.enqueued", first="scheduled", now="scheduled") == ["scheduled"]


def test_what_no_event_tells_is_known_by_the_state_it_is_in() -> None:
    assert way("job.enqueued", first="blocked", now="queued") == ["blocked", "queued"]
    kinds = ("job.enqueued", "job.started", "attempt.raised")
    assert way(*kinds, now="queued") == ["queued", "running", "retrying", "queued"]


def test_steps_say_how_long_each_took_and_the_last_one_still_lasts() -> None:
    found = state_path.steps(
        State.QUEUED,
        [Happened("job.enqueued", START), Happened("job.started", START + timedelta(seconds=3))],
        State.RUNNING,
    )
    assert [step.seconds for step in found] == [3.0, None]


FIRST = st.sampled_from([State.QUEUED, State.SCHEDULED, State.BLOCKED])
KINDS = st.sampled_from(sorted(["job.enqueued", "job.edited", "job.dependency_met", *state_path._MOVED]))


@given(st.lists(KINDS, max_size=30), FIRST, st.sampled_from(list(State)))
def test_it_begins_and_ends_where_the_job_did_whatever_happened(kinds: list[str], first: State, now: State) -> None:
    happened = [Happened("job.enqueued", START)]
    happened += [Happened(kind, START + timedelta(seconds=second)) for second, kind in enumerate(kinds, 1)]
    found = state_path.steps(first, happened, now)
    assert found[-1].state is now
    assert all(one.state is not two.state and one.at <= two.at for one, two in pairwise(found))
    assert {node.state for node in state_path.nodes(found) if node.visits} == {step.state for step in found}
    assert sum(edge.times for edge in state_path.edges(found)) == len(found) - 1


@pytest.mark.parametrize(("now", "open_ways"), [("queued", 3), ("running", 6), ("succeeded", 0), ("failed", 0)])
def test_the_ways_that_are_open_are_drawn_for_a_job_that_lives(now: str, open_ways: int) -> None:
    found = state_path.steps(State.QUEUED, [Happened("job.enqueued", START)], State(now))
    assert sum(not edge.times for edge in state_path.edges(found)) == open_ways
