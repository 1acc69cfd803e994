"""The file in which all peers' handlers are counted."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.peers.counter import Counter, Ticker, create

WORKER = """
import sys
from pathlib import Path
from benchmarks.peers.counter import Ticker
ticker = Ticker(Path(sys.argv[1]), 2)
for _ in range(int(sys.argv[2])):
    ticker.tick()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create(tmp_path / "counter")
    return tmp_path / "counter"


def worker(path: Path, calls: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WORKER, str(path), str(calls)])


def until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.01)


def test_before_any_call_there_is_no_span(path: Path) -> None:
    assert Counter(path).calls() == 0
    with pytest.raises(ValueError, match="empty"):
        Counter(path).span()


def test_the_span_reaches_from_the_first_call_to_the_latest(path: Path) -> None:
    before = time.monotonic()
    ticker = Ticker(path, 1)
    for _ in range(3):
        ticker.tick()
    first, latest = Counter(path).span()
    assert before <= first <= latest <= time.monotonic()
    assert Counter(path).calls() == 3


def test_every_process_has_a_slot_of_its_own(path: Path) -> None:
    for process in [worker(path, 5), worker(path, 7)]:
        assert process.wait() == 0
    assert sorted(Counter(path).shares()) == [5, 7]


def test_a_process_begins_when_the_other_has_come_too(path: Path) -> None:
    counter = Counter(path)
    first = worker(path, 5)
    until(lambda: counter.shares() == [0])
    second = worker(path, 1)
    assert (first.wait(), second.wait()) == (0, 0)
    assert counter.calls() == 6
