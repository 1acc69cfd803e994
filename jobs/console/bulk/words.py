"""How the verbs for many are called on buttons and in sentences."""

from dataclasses import dataclass

from jobs.models import BulkOperation
from jobs.services.bulk import Estimate

Verb = BulkOperation.Verb


@dataclass(frozen=True, slots=True)
class Word:
    """`label` is on the button, `done` the participle, `noun` what it is done to; `consequence` is told before."""

    label: str
    done: str
    noun: str
    consequence: str
    danger: bool = False

    def count(self, number: int) -> str:
        return f"{number:,} {self.noun}{'' if number == 1 else 's'}"


_JOB, _LETTER = "job", "dead letter"
WORDS: dict[str, Word] = {
    Verb.CANCEL: Word(
        "Cancel",
        "cancelled",
        _JOB,
        "What waits ends at once, and what waits for it may end with it. What runs is asked to stop.",
        danger=True,
    ),
    Verb.RETRY: Word(
        "Retry", "queued again", _JOB, "Failed and cancelled jobs run again with a fresh budget of attempts."
    ),
    Verb.PRIORITY: Word("Change priority", "changed", _JOB, "Jobs that wait take another place in line."),
    Verb.MOVE: Word("Move", "moved", _JOB, "Jobs that wait go to another queue."),
    Verb.REPLAY: Word(
        "Replay",
        "replayed",
        _LETTER,
        "The jobs run again with a fresh budget of attempts. The letters stay, and count their replays.",
    ),
    Verb.DELETE: Word(
        "Delete",
        "deleted",
        _LETTER,
        "The letters are gone for good; their jobs stay failed and can still be retried.",
        danger=True,
    ),
}


def estimated(word: Word, estimate: Estimate, most: int) -> str:
    """`1 job`, `200 jobs`, `more than 10,000 jobs`, `at least 12 jobs` where not all rows were looked at."""
    if estimate.whole:
        return word.count(estimate.number)
    return f"{'more than' if estimate.number >= most else 'at least'} {word.count(estimate.number)}"
