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


@handler(
    "test.letter",
    aliases=["test.post"],
    queue="letters",
    timeout="10s",
    max_attempts=5,
    retry={"policy": "constant", "initial_delay": "1s"},
    schema_version=2,
)
def letter(recipient: str, page_count: int = 1) -> str:
    """A type with defaults of its own."""
    return f"{page_count} pages for {recipient}"


from tests.sample import running, untidy  # noqa: E402 - they register the rest

__all__ = ["anything", "noop", "running", "untidy"]
