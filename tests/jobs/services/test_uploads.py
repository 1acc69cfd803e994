from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import Settings

from jobs import artifacts as storage
from jobs.errors import TooLarge
from jobs.services import uploads


def test_what_is_received_is_readable_for_every_job(artifacts: Path) -> None:
    found = uploads.receive("a.csv", [b"name,", b"age"])
    assert (found.name, found.size) == ("a.csv", 8)
    assert found.source == f"upload:{found.path}"
    with storage.open_existing(storage.readable(found.path, "acme")) as file:
        assert file.read() == b"name,age"


@pytest.mark.parametrize("name", ["", ".", "..", "/", "___", "../..", "\0", "ü"])
def test_a_name_that_says_nothing(artifacts: Path, name: str) -> None:
    assert uploads.receive(name, [b"x"]).name == "file"


def test_too_much_is_not_kept(artifacts: Path, settings: Settings) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, max_artifact=3)
    with pytest.raises(TooLarge):
        uploads.receive("a", [b"ab", b"cd"])
    assert list(artifacts.iterdir()) == []
