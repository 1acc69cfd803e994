from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import Settings

from jobs import artifacts as storage
from jobs.errors import TooLarge, TooMany
from jobs.rates import Rate
from jobs.services import uploads

pytestmark = pytest.mark.django_db
MIB = 1024 * 1024


def test_what_is_received_is_readable_for_every_job(artifacts: Path) -> None:
    found = uploads.receive(1, "a.csv", 8, [b"name,", b"age"])
    assert (found.name, found.size) == ("a.csv", 8)
    assert found.source == f"upload:{found.path}"
    with storage.open_existing(storage.readable(found.path, "acme")) as file:
        assert file.read() == b"name,age"


def test_what_is_left_of_a_quota_stays_when_a_file_is_larger(artifacts: Path, settings: Settings) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, upload_quota=Rate(2, 3600))
    with pytest.raises(TooMany, match="more than may be uploaded") as refusal:
        uploads.receive(1, "a", 2 * MIB + 1, [b"x"])
    assert 0 < refusal.value.wait <= 3600
    for _ in range(2):
        uploads.receive(1, "a", 1, [b"x"])
    with pytest.raises(TooMany):
        uploads.receive(1, "a", 1, [b"x"])
    assert uploads.receive(2, "a", 2 * MIB, [b"x"]).size == 1


def test_a_quota_may_be_off(artifacts: Path, settings: Settings) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, upload_quota=None)
    assert uploads.receive(1, "a", 64 * MIB, [b"x"]).size == 1


@pytest.mark.parametrize("name", ["", ".", "..", "/", "___", "../..", "\0", "ü"])
def test_a_name_that_says_nothing(artifacts: Path, name: str) -> None:
    assert uploads.receive(1, name, 1, [b"x"]).name == "file"


@pytest.mark.parametrize("said", [2, 4])
def test_too_much_is_not_kept(artifacts: Path, settings: Settings, said: int) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, max_artifact=3)
    with pytest.raises(TooLarge):
        uploads.receive(1, "a", said, [b"ab", b"cd"])
    assert list(artifacts.iterdir()) == []
