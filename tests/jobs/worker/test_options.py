"""The worker's flags."""

import pytest

from jobs.worker.options import parse_queues, parse_size, parse_types


def test_queues_have_shares() -> None:
    assert parse_queues("critical:3, default ,low") == {"critical": 3, "default": 1, "low": 1}
    assert parse_queues("") == {}


@pytest.mark.parametrize("text", ["Default", "a:0", "a:-1", "a:x", "a:1001", "a:", "a b", "ä", "x" * 65])
def test_wrong_queues_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="queue"):
        parse_queues(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("512", 512), ("512m", 512 * 1024**2), ("2g", 2 * 1024**3), ("1KiB", 1024), ("3MB", 3 * 1024**2)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "m", "-1", "1.5g", "lots", "1t"])
def test_wrong_sizes_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


def test_types() -> None:
    assert parse_types(" echo, email.send ,") == ("echo", "email.send")
