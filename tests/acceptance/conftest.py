from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.broker import Broker
from tests.acceptance.system import System


@pytest.fixture
def system(transactional_db: None, broker: Broker, tmp_path: Path) -> Iterator[System]:
    """A running Flowbit; every process is ended with the test."""
    running = System(tmp_path)
    yield running
    running.end()
