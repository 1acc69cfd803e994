from collections.abc import Callable

import pytest

from jobs.context import Context
from jobs.errors import Invalid
from jobs.handlers.demo import DemoFailure, echo, fail
from tests.jobs.handlers.conftest import Run


@pytest.mark.parametrize(
    "payload", [{}, {"a": [1, {"b": None}], "ünï": "→"}, {"ctx": 1, "payload": 2, "self": 3, "function": 4}]
)
def test_echo_returns_what_it_was_given(run: Run, payload: dict[str, object]) -> None:
    assert run(echo, payload) == payload


def test_echo_can_wait(run: Run) -> None:
    assert run(echo, {"delay_ms": 1, "a": 2}) == {"delay_ms": 1, "a": 2}


def test_echo_stops_waiting_when_cancelled(run: Run, make_context: Callable[..., Context]) -> None:
    ctx = make_context()
    ctx.cancelled = True
    run(echo, {"delayMs": 600_000}, ctx)


@pytest.mark.parametrize("delay", [-1, 600_001, "soon"])
def test_echo_refuses_nonsense_delays(run: Run, delay: object) -> None:
    with pytest.raises(Invalid, match="delay"):
        run(echo, {"delay_ms": delay})


@pytest.mark.parametrize("attempt", [1, 2, 50])
def test_fail_always_fails(run: Run, make_context: Callable[..., Context], attempt: int) -> None:
    with pytest.raises(DemoFailure, match="^out of ink$"):
        run(fail, {"message": "out of ink"}, make_context(attempt=attempt))


def test_fail_succeeds_after_so_many_times(run: Run, make_context: Callable[..., Context]) -> None:
    for attempt in (1, 2):
        with pytest.raises(DemoFailure):
            run(fail, {"failTimes": 2}, make_context(attempt=attempt))
    assert run(fail, {"failTimes": 2}, make_context(attempt=3)) == {"attempt": 3}
