"""Signals in a row: whoever is asked twice to end must end all the same."""

import signal

import pytest

from tests.acceptance.system import System

pytestmark = pytest.mark.acceptance


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_burst_of_signals_does_not_lock_a_process_up(system: System, number: signal.Signals) -> None:
    processes = [system.scheduler(), system.worker()]
    system.until(lambda: "leads" in processes[0].text(), "the scheduler is at work")
    for process in processes:
        for _ in range(50):
            process.signal(number)
    assert [process.wait() for process in processes] == [0, 0]
    assert ["ended" in process.text() for process in processes] == [True, True]
