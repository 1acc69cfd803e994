"""What a client was told, written down by itself: one JSON line per event, before and after each call.

A call that was asked and never answered is unknown; its jobs are resolved by their ids.
"""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

Asked = tuple[int, UUID]
"""A job's number and the id that its client made for it."""


class Journal:
    """The writing side; one per process."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def asked(self, jobs: Iterable[Asked]) -> None:
        self._write("asked", jobs=[[number, id.hex] for number, id in jobs])

    def accepted(self, answers: Iterable[tuple[UUID, UUID]]) -> None:
        """Pairs of the id asked with and the id answered: another one for a repeat."""
        self._write("accepted", answers=[[asked.hex, answered.hex] for asked, answered in answers])

    def refused(self, ids: Iterable[UUID]) -> None:
        self._write("refused", ids=[id.hex for id in ids])

    def withdrawn(self, ids: Iterable[UUID]) -> None:
        self._write("withdrawn", ids=[id.hex for id in ids])

    def surprised(self, error: BaseException) -> None:
        """An error that no caller should ever see."""
        self._write("surprised", error=f"{type(error).__name__}: {error}"[:500])

    def did(self, verb: str, count: int) -> None:
        """An operator's verb and how much it moved; -1 when PostgreSQL was away."""
        self._write("did", name=verb, count=count)

    def _write(self, verb: str, **values: Any) -> None:
        os.write(self._handle, (json.dumps({"verb": verb, **values}) + "\n").encode())


@dataclass(slots=True)
class Wish:
    """One job of one call: what was asked for, and the last word about it.

    `word` is asked (no answer), accepted, refused or withdrawn; `answer` the id of an accepted one.
    """

    number: int
    id: UUID
    word: str = "asked"
    answer: UUID | None = None
    refusals: int = 0


@dataclass(slots=True)
class Told:
    """All journals together."""

    wishes: dict[UUID, Wish]
    surprises: list[str]
    verbs: list[tuple[str, int]]


def read(paths: Sequence[Path]) -> Told:
    told = Told({}, [], [])
    for path in paths:
        for text in path.read_text().splitlines():
            _note(told, json.loads(text))
    return told


def _note(told: Told, line: dict[str, Any]) -> None:
    match line["verb"]:
        case "asked":
            for number, hexed in line["jobs"]:
                told.wishes.setdefault(UUID(hexed), Wish(number, UUID(hexed)))
        case "accepted":
            for asked, answered in line["answers"]:
                wish = told.wishes[UUID(asked)]
                wish.word, wish.answer = "accepted", UUID(answered)
        case "refused" | "withdrawn" as word:
            for wish in (told.wishes[UUID(hexed)] for hexed in line["ids"]):
                wish.word = word
                wish.refusals += word == "refused"
        case "surprised":
            told.surprises.append(line["error"])
        case "did":
            told.verbs.append((line["name"], line["count"]))
