"""The verdict can fail: rows that are spoiled in one way each, and the sentence that names it."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from benchmarks.chaos.evidence import AttemptRow, EdgeRow, Evidence, JobRow, WorkerRow
from benchmarks.chaos.journal import Wish
from benchmarks.chaos.ledger import Line
from benchmarks.chaos.verdict import CHECKS, judge

PARENT, CHILD, UNLUCKY, KEYED = (UUID(int=number) for number in range(1, 5))
REPEAT, STRANGER = UUID(int=9), UUID(int=99)


def job(id: UUID, state: str = "succeeded", attempt: int = 1, **other: object) -> JobRow:
    made = JobRow(id, id.int, state, attempt, attempt, 3, 0, None, None, 0.0)
    return made._replace(**other)


def attempt(id: UUID, number: int = 1, outcome: str = "succeeded", **other: object) -> AttemptRow:
    return AttemptRow(id, number, outcome, "worker", False, 10.0 * id.int, 10.0 * id.int + 1, None)._replace(**other)


def lines(id: UUID, number: int = 1, last: str = "end") -> list[Line]:
    return [Line("begin", id, number, 1), Line(last, id, number, 1)]


@pytest.fixture
def good() -> Evidence:
    """A parent and its child, one that failed twice and is dead, and one that was asked for twice under a key."""
    return Evidence(
        kinds={1: "instant", 2: "instant", 3: "hopeless", 4: "instant"},
        wishes={
            **{one: Wish(one.int, one, "accepted", one) for one in (PARENT, CHILD, UNLUCKY, KEYED)},
            REPEAT: Wish(4, REPEAT, "accepted", KEYED),
        },
        jobs=[job(PARENT), job(CHILD), job(UNLUCKY, "failed", 2), job(KEYED, key="key-4")],
        attempts=[
            attempt(PARENT),
            attempt(CHILD),
            attempt(UNLUCKY, 1, "raised"),
            attempt(UNLUCKY, 2, "lease_expired"),
            attempt(KEYED),
        ],
        edges=[EdgeRow(PARENT, CHILD, "block", 11.5)],
        keys=[("chaos.sync key-4", KEYED)],
        letters=[UNLUCKY],
        workers=[WorkerRow("worker", 1, 0.0, 5, 0)],
        ledger=[*lines(PARENT), *lines(CHILD), *lines(UNLUCKY, 1, "leave"), *lines(UNLUCKY, 2)[:1], *lines(KEYED)],
        duties={"sweeper": 0},
    )


def test_a_good_run_breaks_no_promise(good: Evidence) -> None:
    assert judge(good) == {promise: [] for promise in CHECKS}


def spoiled_job(id: UUID, **changes: object) -> Callable[[Evidence], Evidence]:
    return lambda seen: replace(seen, jobs=[one._replace(**changes) if one.id == id else one for one in seen.jobs])


def without(id: UUID) -> Callable[[Evidence], Evidence]:
    return lambda seen: replace(seen, jobs=[one for one in seen.jobs if one.id != id])


def more(name: str, *rows: object) -> Callable[[Evidence], Evidence]:
    return lambda seen: replace(seen, **{name: [*getattr(seen, name), *rows]})


def instead(**fields: object) -> Callable[[Evidence], Evidence]:
    return lambda seen: replace(seen, **fields)


def word(id: UUID, what: str) -> Callable[[Evidence], Evidence]:
    return lambda seen: replace(seen, wishes={**seen.wishes, id: Wish(id.int, id, what)})


SPOILED: dict[str, tuple[Callable[[Evidence], Evidence], str]] = {
    "a lost job": (without(KEYED), f"job 4 was accepted as {KEYED}, and no such job is there: it is lost"),
    "two jobs for one wish": (
        more("jobs", job(REPEAT, number=4)),
        "job 4 was asked for once and is there 2 times",
    ),
    "a job of a rolled back transaction": (
        word(PARENT, "withdrawn"),
        "job 1 was rolled back with its transaction and is there",
    ),
    "a job from nowhere": (
        more("jobs", job(STRANGER)),
        f"job {STRANGER} is there and nobody asked for that id",
    ),
    "a key with two jobs": (more("jobs", job(REPEAT, key="key-4")), "key key-4 has made 2 jobs"),
    "two answers for one key": (
        lambda seen: replace(seen, wishes={**seen.wishes, REPEAT: Wish(4, REPEAT, "accepted", REPEAT)}),
        "job 4 was answered with 2 different ids",
    ),
    "a key without its job": (
        more("keys", ("chaos.sync key-9", STRANGER)),
        f"the key chaos.sync key-9 belongs to job {STRANGER}, which is not there",
    ),
    "a job that never ended": (spoiled_job(KEYED, state="queued"), f"job {KEYED} is still queued"),
    "a job blocked for nothing": (
        spoiled_job(CHILD, state="blocked"),
        f"job {CHILD} is blocked and nothing upstream explains it",
    ),
    "a good job that failed": (
        spoiled_job(KEYED, state="failed"),
        f"job {KEYED} (instant) ended failed: no reason",
    ),
    "a child cancelled for nothing": (
        spoiled_job(CHILD, state="cancelled", attempt=0),
        f"job {CHILD} was cancelled, and none of its parents is the cause",
    ),
    "a child that outlived a cancelling parent": (
        instead(edges=[EdgeRow(UNLUCKY, CHILD, "cancel", 11.5)]),
        f"job {CHILD} is succeeded, and its parent {UNLUCKY} should have cancelled it",
    ),
    "an attempt number twice": (more("attempts", attempt(PARENT)), f"attempt 1 of job {PARENT} is there 2 times"),
    "a missing attempt": (
        spoiled_job(PARENT, attempt=2),
        f"job {PARENT} is at attempt 2 and has rows for [1]",
    ),
    "attempts of nothing": (
        more("attempts", attempt(STRANGER)),
        f"job {STRANGER} has attempts and is not there",
    ),
    "a job settled twice": (
        more("attempts", attempt(PARENT, 2)),
        f"job {PARENT} succeeded 2 times, in attempts [1, 2]",
    ),
    "a success without an attempt": (
        spoiled_job(UNLUCKY, state="succeeded"),
        f"job {UNLUCKY} is succeeded and its attempts ended ['raised', 'lease_expired']",
    ),
    "tries that do not add up": (spoiled_job(UNLUCKY, tries=1), f"job {UNLUCKY} has used 1 tries, and its attempts 2"),
    "a worker that settled more than is there": (
        instead(workers=[WorkerRow("worker", 1, 0.0, 6, 0)]),
        "worker worker settled 6 attempts and has 5 rows",
    ),
    "two dead letters": (more("letters", UNLUCKY), f"job {UNLUCKY} has 2 dead letters"),
    "no dead letter": (instead(letters=[]), f"job {UNLUCKY} failed and has no dead letter"),
    "a dead letter of a living job": (
        more("letters", PARENT),
        f"job {PARENT} is succeeded and has a dead letter",
    ),
    "an edge met twice": (
        more("edges", EdgeRow(PARENT, CHILD, "block", 11.7)),
        f"the edge {PARENT} -> {CHILD} is there 2 times: it can be met more than once",
    ),
    "an edge that was forgotten": (
        instead(edges=[EdgeRow(PARENT, CHILD, "block", None)]),
        f"the edge {PARENT} -> {CHILD} (block) is unmet and its parent succeeded",
    ),
    "an edge met by a failure": (
        instead(edges=[EdgeRow(UNLUCKY, CHILD, "block", 11.5)]),
        f"the edge {UNLUCKY} -> {CHILD} (block) is met and its parent failed",
    ),
    "a wrong count": (spoiled_job(CHILD, unmet=1), f"job {CHILD} counts 1 unmet dependencies and has 0"),
    "a child that could not wait": (
        instead(edges=[EdgeRow(PARENT, CHILD, "block", 20.5)]),
        f"attempt 1 of job {CHILD} began before {PARENT} let it",
    ),
    "work for the sweeper": (
        instead(duties={"sweeper": 2}),
        "the sweeper freed 2 jobs that a final move had missed",
    ),
    "an attempt executed twice": (more("ledger", *lines(PARENT)), f"attempt 1 of job {PARENT} was executed 2 times"),
    "an execution without a row": (
        more("ledger", *lines(PARENT, 7)),
        f"attempt 7 of job {PARENT} was executed and has no row",
    ),
    "a success that nobody worked for": (
        instead(ledger=[]),
        f"attempt 1 of job {PARENT} succeeded and its handler never ended",
    ),
    "a snooze that nobody asked for": (
        more("attempts", attempt(CHILD, 2, "snoozed")),
        f"attempt 2 of job {CHILD} was snoozed by a handler that never began",
    ),
    "a failure whose handler was well": (
        more("ledger", Line("end", UNLUCKY, 1, 1)),
        f"attempt 1 of job {UNLUCKY} raised and its handler ended well",
    ),
    "a surprise": (instead(surprises=["worker-0 ended by itself"]), "worker-0 ended by itself"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_the_verdict_names(name: str, good: Evidence) -> None:
    spoil, sentence = SPOILED[name]
    found = [said for sentences in judge(spoil(good)).values() for said in sentences]
    assert sentence in found


def test_a_job_blocked_by_a_failed_parent_is_explained_and_so_are_those_behind_it(good: Evidence) -> None:
    edges = [EdgeRow(UNLUCKY, CHILD, "block", None), EdgeRow(CHILD, KEYED, "allow_failed", None)]
    waiting = [job(CHILD, "blocked", 0, unmet=1), job(KEYED, "blocked", 0, unmet=1, key="key-4")]
    seen = replace(
        good,
        edges=edges,
        jobs=[one for one in good.jobs if one.id not in (CHILD, KEYED)] + waiting,
        attempts=[one for one in good.attempts if one.job not in (CHILD, KEYED)],
        ledger=[one for one in good.ledger if one.job not in (CHILD, KEYED)],
        workers=[],
    )
    assert not any(judge(seen).values())


def test_what_an_operator_touched_may_end_otherwise(good: Evidence) -> None:
    seen = spoiled_job(KEYED, state="cancelled", attempt=0, tries=0)(good)
    seen = replace(
        seen,
        operated={KEYED: frozenset({"job.cancelled"})},
        attempts=[one for one in good.attempts if one.job != KEYED],
        ledger=[one for one in good.ledger if one.job != KEYED],
        workers=[],
    )
    assert not any(judge(seen).values())
