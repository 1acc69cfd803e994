"""Counts of a run, and how long each fault held things up. Pure."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks.chaos.evidence import AttemptRow, Evidence
from benchmarks.chaos.faults import Struck
from benchmarks.chaos.schedule import SORTS

_SECOND_TRIES = {"raised", "timed_out", "lease_expired", "snoozed"}


def counts(evidence: Evidence) -> dict[str, int]:
    return {**_submits(evidence), **_jobs(evidence), **_attempts(evidence), **_others(evidence)}


def _submits(evidence: Evidence) -> dict[str, int]:
    wishes = evidence.wishes.values()
    there = {job.id for job in evidence.jobs}
    return {
        "submits accepted": sum(wish.word == "accepted" for wish in wishes),
        "of these repeats of a key": sum(wish.word == "accepted" and wish.answer != wish.id for wish in wishes),
        "refusals (store unavailable)": sum(wish.refusals for wish in wishes),
        "refused for good": sum(wish.word == "refused" for wish in wishes),
        "of these stored all the same": sum(wish.word == "refused" and wish.id in there for wish in wishes),
        "never answered": sum(wish.word == "asked" for wish in wishes),
        "rolled back by their client": sum(wish.word == "withdrawn" for wish in wishes),
    }


def _jobs(evidence: Evidence) -> dict[str, int]:
    states = Counter(job.state for job in evidence.jobs)
    return {
        "jobs": len(evidence.jobs),
        **{f"jobs {state}": count for state, count in sorted(states.items())},
        "dependencies": len(evidence.edges),
        "keys": len(evidence.keys),
        "jobs steered by operators": len(evidence.operated),
    }


def _attempts(evidence: Evidence) -> dict[str, int]:
    outcomes = Counter(one.outcome for one in evidence.attempts)
    lost = {(one.job, one.number) for one in evidence.attempts if one.outcome == "lease_expired"}
    begun = {(line.job, line.attempt) for line in evidence.ledger if line.event == "begin"}
    ended = Counter(line.job for line in evidence.ledger if line.event == "end")
    return {
        "attempts": len(evidence.attempts),
        **{f"attempts {outcome}": count for outcome, count in sorted(outcomes.items())},
        "executions (ledger)": len(begun),
        "executions repeated for a lost lease": len(begun & lost),
        "jobs completed more than once": sum(count > 1 for count in ended.values()),
        "late results fenced (attempts)": sum(one.fenced for one in evidence.attempts),
        "late results fenced (as workers counted)": sum(worker.fenced for worker in evidence.workers),
    }


def _others(evidence: Evidence) -> dict[str, int]:
    moved: Counter[str] = Counter()
    for verb, count in evidence.verbs:
        moved[verb] += max(count, 1 if verb in ("away", "conflict") else 0)
    return {
        "workers that lived": len(evidence.workers),
        **{f"operators: {verb}": count for verb, count in sorted(moved.items())},
        **{f"duty {name}": total for name, total in sorted(evidence.duties.items())},
    }


def recovery(struck: Sequence[Struck], attempts: Sequence[AttemptRow], evidence: Evidence) -> list[dict[str, Any]]:
    """For each fault: seconds until the part was `back`, until jobs were `flowing`, until its jobs were `handed_on`.

    Flowing is the first success that began after the fault; for schedulers, of an attempt that had to be promoted.
    """
    flow = _Flow([one for one in attempts if one.outcome == "succeeded"])
    promoted = _Flow(_promoted(attempts))
    found: list[dict[str, Any]] = []
    for fault in struck:
        stream = promoted if SORTS[fault.sort].part == "scheduler" else flow
        found.append(
            {
                "sort": fault.sort,
                "at": round(fault.at, 3),
                "back": round(fault.back - fault.at, 3),
                "flowing": stream.first_after(fault.at),
                "handed_on": _handed_on(fault, attempts, evidence),
            }
        )
    return found


class _Flow:
    """Attempts by their start, with the earliest end of all that start no sooner."""

    def __init__(self, attempts: Sequence[AttemptRow]) -> None:
        ordered = sorted((one.started, one.finished) for one in attempts)
        self._starts = [started for started, _ in ordered]
        self._ends = [finished for _, finished in ordered]
        for place in range(len(ordered) - 2, -1, -1):
            self._ends[place] = min(self._ends[place], self._ends[place + 1])

    def first_after(self, at: float) -> float | None:
        place = bisect_right(self._starts, at)
        return round(self._ends[place] - at, 3) if place < len(self._ends) else None


def _promoted(attempts: Sequence[AttemptRow]) -> list[AttemptRow]:
    waited = {(one.job, one.number + 1) for one in attempts if one.outcome in _SECOND_TRIES}
    return [one for one in attempts if (one.job, one.number) in waited]


def _handed_on(fault: Struck, attempts: Sequence[AttemptRow], evidence: Evidence) -> float | None:
    """Seconds until the reaper had handed on what the struck worker had in its hands then; None if nothing."""
    if not fault.pid:
        return None
    alive = [one for one in evidence.workers if one.pid == fault.pid and one.started < fault.at]
    worker = max(alive, key=lambda one: one.started).id if alive else ""
    ends = [
        one.finished
        for one in attempts
        if one.worker == worker and one.outcome == "lease_expired" and one.started <= fault.at < one.finished
    ]
    return round(max(ends) - fault.at, 3) if ends else None


def by_sort(found: Sequence[dict[str, Any]]) -> dict[str, dict[str, float | int | None]]:
    """For each sort of fault: how many, and median and longest of each measure."""
    table: dict[str, dict[str, float | int | None]] = {}
    for sort in SORTS:
        rows = [row for row in found if row["sort"] == sort]
        if not rows:
            continue
        table[sort] = {"count": len(rows)}
        for measure in ("back", "flowing", "handed_on"):
            seconds = [value for row in rows if isinstance(value := row[measure], float)]
            table[sort][f"{measure} median"] = round(median(seconds), 3) if seconds else None
            table[sort][f"{measure} longest"] = max(seconds, default=None)
    return table
