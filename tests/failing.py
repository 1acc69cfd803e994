"""Whether a test has failed: then its fixtures clean up all the same, and complain of nothing more."""

from collections.abc import Generator
from typing import Any

import pytest

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A hook of pytest, for a conftest to import."""
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


def has_failed(request: Any) -> bool:
    """Of the test for which a fixture was requested; asked after its `yield`."""
    return bool(request.node.stash.get(_FAILED, False))
