import threading
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def _no_thread_is_left(django_db_setup: None) -> Iterator[None]:
    """PostgreSQL drops no database that somebody is connected to."""
    yield
    for thread in threading.enumerate():
        if thread.name == "live-asker":
            thread.join(10)
