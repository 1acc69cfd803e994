"""Fixtures for every test. The servers themselves are started by `tests.servers`."""

from collections.abc import Iterator

import pytest

from jobs.broker import Broker, patient_broker
from jobs.services.submit import known_queues


@pytest.fixture(autouse=True)
def _fresh_memory() -> None:
    """The database is emptied between tests; what this process remembers of it must go too."""
    known_queues().clear()


@pytest.fixture
def broker() -> Iterator[Broker]:
    """The real broker on an empty Redis (our keys only)."""
    found = patient_broker()
    found.flush()
    yield found
    found.flush()
    found.close()
