"""Workers and schedulers serve their figures on a port of their own, with real processes."""

import os
import signal
import socket

import httpx
import pytest

from jobs import services
from jobs.models import Worker
from tests.acceptance.system import System
from tests.jobs.metrics.reading import Series, series, value

pytestmark = pytest.mark.acceptance


@pytest.fixture
def port() -> int:
    """One that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, path: str) -> httpx.Response | None:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=20)
    except httpx.ConnectError:
        return None


def is_well(port: int) -> bool:
    answer = ask(port, "/healthz")
    return answer is not None and answer.status_code == 200


def figures(port: int) -> Series:
    answer = ask(port, "/metrics")
    assert answer is not None
    return series(answer.text)


def test_a_supervisor_tells_of_all_its_processes(system: System, port: int) -> None:
    system.worker("--processes", "2", "--concurrency", "3", METRICS_PORT=str(port))
    system.until(lambda: is_well(port), "the worker is well")
    ids = [services.enqueue("test.noop").id for _ in range(20)]
    system.until_final(*ids)

    def settled() -> float:
        found = figures(port)
        return sum(value(found, "worker_settled_total", process=str(number)) for number in (0, 1))

    system.until(lambda: settled() == 20, "all are counted")
    found = figures(port)
    assert value(found, "worker_processes") == 2
    assert [value(found, "worker_slots", process=str(number)) for number in (0, 1)] == [3, 3]
    assert [value(found, "worker_process_starts_total", process=str(number)) for number in (0, 1)] == [1, 1]


def test_a_frozen_process_is_noticed_and_its_successor_too(system: System, port: int) -> None:
    worker = system.worker(METRICS_PORT=str(port), LEASE_TTL="40s")
    system.until(lambda: is_well(port), "the worker is well")
    child = Worker.objects.get()
    os.kill(child.pid, signal.SIGSTOP)
    system.until(lambda: not is_well(port), "that is noticed")
    answer = ask(port, "/healthz")
    assert answer is not None and (answer.status_code, answer.json()["problem"]) == (503, "process 0 does not move")
    os.kill(child.pid, signal.SIGKILL)
    system.until(lambda: is_well(port), "another one has taken its place")
    assert value(figures(port), "worker_process_starts_total", process="0") == 2
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert ask(port, "/healthz") is None


def test_a_scheduler_tells_of_its_duties_and_a_standby_of_not_leading(system: System, port: int) -> None:
    leader = system.scheduler(METRICS_PORT=str(port))
    system.until(lambda: is_well(port), "the scheduler is well")
    system.until(lambda: value(figures(port), "scheduler_leader") == 1, "it leads")
    system.until(lambda: value(figures(port), "scheduler_duty_runs_total", duty="statistics") > 0, "its duties run")
    leader.signal(signal.SIGTERM)
    assert leader.wait() == 0
    assert ask(port, "/metrics") is None


@pytest.mark.parametrize("kind", ["worker", "scheduler"])
def test_a_port_that_is_taken_ends_it_with_a_sentence(system: System, kind: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = (
            system.worker("--burst", METRICS_PORT=port) if kind == "worker" else system.scheduler(METRICS_PORT=port)
        )
        assert process.wait() == 1
    assert f"METRICS_PORT: 127.0.0.1:{port} cannot be used (Address already in use)" in process.text()
    assert "Traceback" not in process.text()
