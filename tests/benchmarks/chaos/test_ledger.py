"""The handlers' ledger and the clients' journal: what is written is what is read."""

from pathlib import Path
from uuid import uuid4

import pytest

from benchmarks.chaos import journal, ledger
from benchmarks.chaos.journal import Journal, Wish
from benchmarks.chaos.ledger import Ledger


def test_lines_are_read_as_they_were_written(tmp_path: Path) -> None:
    job = uuid4()
    written = Ledger(str(tmp_path / "ledger"))
    written.write("begin", job, 3)
    written.write("end", job, 3)
    assert [line[:3] for line in ledger.read(tmp_path / "ledger")] == [("begin", job, 3), ("end", job, 3)]


def test_no_ledger_is_an_empty_one(tmp_path: Path) -> None:
    assert list(ledger.read(tmp_path / "ledger")) == []


def test_half_a_line_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("begin 1234")
    with pytest.raises(ValueError, match="not enough values"):
        list(ledger.read(tmp_path / "ledger"))


def test_the_last_word_about_a_wish_counts(tmp_path: Path) -> None:
    first, second, third, fourth = (uuid4() for _ in range(4))
    said = Journal(tmp_path / "client.journal")
    said.asked([(1, first), (2, second)])
    said.refused([first, second])
    said.accepted([(first, first), (second, third)])
    said.asked([(3, fourth)])
    said.withdrawn([fourth])
    said.surprised(RuntimeError("odd"))
    said.did("cancel", 4)
    told = journal.read([tmp_path / "client.journal"])
    assert told.wishes == {
        first: Wish(1, first, "accepted", first, refusals=1),
        second: Wish(2, second, "accepted", third, refusals=1),
        fourth: Wish(3, fourth, "withdrawn"),
    }
    assert (told.surprises, told.verbs) == (["RuntimeError: odd"], [("cancel", 4)])


def test_what_was_asked_and_never_answered_stays_unknown(tmp_path: Path) -> None:
    job = uuid4()
    Journal(tmp_path / "client.journal").asked([(1, job)])
    assert journal.read([tmp_path / "client.journal"]).wishes == {job: Wish(1, job)}
