"""Handlers of the tests: an app of its own, found like any other (`FLOWBIT_APPS`)."""

from jobs.handler import handler


@handler("test.noop")
def noop(n: int = 0) -> int:
    """Return what came."""
    return n


@handler("test.anything")
def anything(**payload: object) -> dict[str, object]:
    """Return the payload."""
    return payload


from tests.sample import running  # noqa: E402 - registers the rest

__all__ = ["anything", "noop", "running"]
