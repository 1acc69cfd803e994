"""The state machine against real rows: every verb on every state moves as the table says, or touches nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from jobs.conf import options
from jobs.scheduler.reaper import Reaper
from jobs.states import ALIASES, FINAL, LIVE, MOVES, WAITING, Outcome, State, parse, sources
from jobs.store import dependants, moves
from jobs.store.start import start
from tests.jobs import builders

pytestmark = pytest.mark.django_db
PAST, FUTURE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)

MAKE: dict[State, Callable[..., UUID]] = {
    State.SCHEDULED: builders.scheduled,
    State.BLOCKED: builders.blocked,
    State.QUEUED: builders.queued,
    State.RUNNING: builders.running,
    State.RETRYING: builders.retrying,
    State.SUCCEEDED: builders.succeeded,
    State.FAILED: builders.failed,
    State.CANCELLED: builders.cancelled,
}


def _settle(how: str) -> Callable[[UUID], object]:
    return lambda job_id: builders.end(job_id, how)


def _promote(job_id: UUID) -> object:
    builders.change(job_id, "run_at = now() - interval '1 hour'")
    return moves.promote(1000)


def _expire(job_id: UUID) -> object:
    builders.change(job_id, "expires_at = now() - interval '1 hour'")
    return moves.expire(1000)


def _reap(job_id: UUID) -> object:
    builders.worker(lease=-1)
    conf = replace(options(), lease_ttl=0.01)
    return Reaper(conf, steady=lambda: 1.0).run_once()


def _meet(job_id: UUID) -> object:
    """The job's upstream, if it has one, succeeds."""
    upstream = [edge["parent_id"] for edge in builders.edges(job_id)]
    return dependants.resolve([(parent, "succeeded") for parent in upstream])


VERBS: dict[str, Callable[[UUID], object]] = {
    "start": lambda job_id: start("w-2", 8, "default", [builders.TYPE], [job_id]),
    **{f"settle as {how}": _settle(how) for how in builders.ENDINGS},
    "cancel": lambda job_id: moves.cancel([job_id], "why not"),
    "retry": lambda job_id: moves.retry([job_id], moves.Overrides()),
    "replay": lambda job_id: moves.retry([job_id], moves.Overrides(), State.FAILED),
    "replay at a rate": lambda job_id: moves.retry([job_id], moves.Overrides(), State.FAILED, {job_id: 60.0}),
    "promote": _promote,
    "expire": _expire,
    "edit": lambda job_id: moves.edit([job_id], {"priority": 9}),
    "postpone": lambda job_id: moves.edit([job_id], {"run_at": FUTURE}),
    "hasten": lambda job_id: moves.edit([job_id], {"run_at": PAST}),
    "reap": _reap,
    "meet": _meet,
}
ALLOWED: dict[str, dict[State, State]] = {
    "start": {State.QUEUED: State.RUNNING},
    **{f"settle as {how}": {State.RUNNING: State(end["state"])} for how, end in builders.ENDINGS.items()},
    # A running job is only asked; its row keeps its state until its attempt is settled.
    "cancel": {**dict.fromkeys(sorted(WAITING), State.CANCELLED), State.RUNNING: State.RUNNING},
    "retry": {State.FAILED: State.QUEUED, State.CANCELLED: State.QUEUED},
    "replay": {State.FAILED: State.QUEUED},
    "replay at a rate": {State.FAILED: State.SCHEDULED},
    "promote": {State.SCHEDULED: State.QUEUED, State.RETRYING: State.QUEUED},
    "expire": dict.fromkeys(sorted(WAITING), State.CANCELLED),
    "edit": {
        State.BLOCKED: State.BLOCKED,
        State.QUEUED: State.QUEUED,
        State.RETRYING: State.RETRYING,
        State.SCHEDULED: State.SCHEDULED,
    },
    "postpone": {
        State.BLOCKED: State.BLOCKED,
        State.QUEUED: State.SCHEDULED,
        State.RETRYING: State.RETRYING,
        State.SCHEDULED: State.SCHEDULED,
    },
    "hasten": {
        State.BLOCKED: State.BLOCKED,
        State.QUEUED: State.QUEUED,
        State.RETRYING: State.RETRYING,
        State.SCHEDULED: State.QUEUED,
    },
    "reap": {State.RUNNING: State.RETRYING},
    "meet": {State.BLOCKED: State.QUEUED},
}
PREPARED = {"promote": {"run_at"}, "expire": {"expires_at"}}
"""Columns that a verb's case itself changes, to bring about what only time would."""

ALLOWED_MOVES = [(verb, before, after) for verb, found in ALLOWED.items() for before, after in found.items()]
REFUSED_MOVES = [(verb, before) for verb in VERBS for before in State if before not in ALLOWED[verb]]


class TestTheTable:
    def test_every_state_has_its_moves_and_final_ones_none_but_an_operators(self) -> None:
        assert set(MOVES) == set(State)
        assert {state for state in State if not MOVES[state]} == {State.SUCCEEDED}
        assert MOVES[State.FAILED] | MOVES[State.CANCELLED] == {State.QUEUED, State.BLOCKED, State.SCHEDULED}
        assert set(State) == FINAL | LIVE
        assert FINAL.isdisjoint(LIVE)
        assert {State.RUNNING} == LIVE - WAITING

    def test_only_a_start_makes_a_job_run(self) -> None:
        assert sources(State.RUNNING) == ["queued"]

    def test_every_waiting_job_can_be_cancelled(self) -> None:
        assert set(sources(State.CANCELLED)) == WAITING | {State.RUNNING}

    def test_the_verbs_make_the_moves_of_the_table_and_no_others(self) -> None:
        made = {(before, after) for _, before, after in ALLOWED_MOVES if before != after}
        elsewhere = {
            (State.BLOCKED, State.SCHEDULED),  # met before its time, see below
            (State.CANCELLED, State.BLOCKED),  # retried with an unmet edge, see below
            (State.FAILED, State.BLOCKED),  # the guard's symmetry: a failed job had no unmet edge when it began
        }
        assert made | elsewhere == {(before, after) for before, found in MOVES.items() for after in found}

    @pytest.mark.parametrize("outcome", Outcome)
    def test_every_outcome_ends_an_attempt_in_some_way(self, outcome: Outcome) -> None:
        covered = {end["outcome"] for end in builders.ENDINGS.values()} | {"timed_out", "lease_expired"}
        assert outcome in covered

    @pytest.mark.parametrize(("word", "state"), [*ALIASES.items(), (" Queued ", State.QUEUED)])
    def test_familiar_words_name_states(self, word: str, state: State) -> None:
        assert parse(word) is state

    @pytest.mark.parametrize("word", ["", "done", "throttled", "\0", "queued;"])
    def test_other_words_name_none(self, word: str) -> None:
        with pytest.raises(ValueError, match="is not a valid State"):
            parse(word)


@pytest.mark.parametrize(("verb", "before", "after"), ALLOWED_MOVES)
def test_an_allowed_move_is_made(verb: str, before: State, after: State) -> None:
    job_id = MAKE[before]()
    old = builders.row(job_id)
    VERBS[verb](job_id)
    new = builders.row(job_id)
    assert new["state"] == after
    assert new != old
    assert new["attempt"] == old["attempt"] + (verb == "start")


@pytest.mark.parametrize(("verb", "before"), REFUSED_MOVES)
def test_a_refused_move_touches_nothing(verb: str, before: State) -> None:
    job_id = MAKE[before]()
    old = builders.everything(job_id)
    VERBS[verb](job_id)
    new = builders.everything(job_id)
    for name in PREPARED.get(verb, ()):
        old["row"][name] = new["row"][name]
    if verb.startswith("settle"):
        # A late result leaves its mark on the attempt that it belongs to, and nowhere else.
        old["attempts"] = [{**attempt, "fenced": new["attempts"][0]["fenced"]} for attempt in old["attempts"]]
    assert new == old


def test_a_job_that_is_met_before_its_time_is_scheduled() -> None:
    job_id = builders.blocked(delay=3600.0)
    _meet(job_id)
    assert builders.state(job_id) == "scheduled"


def test_a_cancelled_job_with_an_unmet_edge_is_blocked_when_retried() -> None:
    job_id = builders.blocked()
    moves.cancel([job_id], "why not")
    moved, ready = moves.retry([job_id], moves.Overrides())
    assert (moved, ready, builders.state(job_id)) == ([job_id], [], "blocked")


def test_a_cancelled_job_whose_edges_are_met_meanwhile_is_queued_when_retried() -> None:
    job_id = builders.blocked()
    moves.cancel([job_id], "why not")
    _meet(job_id)
    assert builders.state(job_id) == "cancelled"
    moves.retry([job_id], moves.Overrides())
    assert builders.state(job_id) == "queued"


def test_a_verb_for_many_moves_those_it_may_and_leaves_the_others() -> None:
    ids = {state: make() for state, make in MAKE.items()}
    cancelled = moves.cancel(list(ids.values()), "all of them")
    assert {job.id for job in cancelled.ended} == {ids[state] for state in WAITING}
    assert cancelled.asked == [(ids[State.RUNNING], builders.WORKER)]
    assert {state: builders.state(job_id) for state, job_id in ids.items()} == {
        state: State.CANCELLED if state in WAITING else state for state in State
    }


@pytest.mark.parametrize(
    ("make", "assignments", "constraint"),
    [
        (builders.queued, "state = 'done'", "job_state_known"),
        (builders.queued, "priority = 11", "job_priority_range"),
        (builders.queued, "priority = -1", "job_priority_range"),
        (builders.queued, "tries = 1", "job_tries_in_budget"),
        (builders.queued, "tries = -1", "job_tries_in_budget"),
        (builders.queued, "attempt = 9, tries = 4", "job_tries_in_budget"),
        (builders.queued, "attempt = -1", "job_tries_in_budget"),
        (builders.queued, "max_attempts = 0", "job_budget_positive"),
        (builders.queued, "timeout = 0", "job_budget_positive"),
        (builders.queued, "state = 'running'", "job_running_is_claimed"),
        (builders.running, "worker = null", "job_running_is_claimed"),
        (builders.running, "claim = null", "job_running_is_claimed"),
        (builders.queued, "finished_at = now()", "job_final_is_dated"),
        (builders.running, "state = 'succeeded'", "job_final_is_dated"),
        (builders.succeeded, "finished_at = null", "job_final_is_dated"),
        (builders.failed, "state = 'queued'", "job_final_is_dated"),
        (builders.queued, "state = 'blocked'", "job_blocked_is_unmet"),
        (builders.queued, "unmet = 1", "job_blocked_is_unmet"),
        (builders.blocked, "unmet = 0", "job_blocked_is_unmet"),
        (builders.blocked, "state = 'queued'", "job_blocked_is_unmet"),
        (builders.cancelled, "unmet = -1", "job_blocked_is_unmet"),
        (builders.succeeded, "unmet = 1", "job_blocked_is_unmet"),
    ],
)
def test_an_impossible_row_is_refused(make: Callable[[], UUID], assignments: str, constraint: str) -> None:
    job_id = make()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        builders.change(job_id, assignments)


@pytest.mark.parametrize(
    ("model", "values", "constraint"),
    [
        ("jobs_attempt", {"outcome": "lost"}, "attempt_outcome_known"),
        ("jobs_attempt", {"number": 0}, "attempt_number_positive"),
        ("jobs_attempt", {"number": 1}, "jobs_attempt_pkey"),
        ("jobs_queue", {"name": "No Queue"}, "queue_name_valid"),
        ("jobs_queue", {"mode": "shut"}, "queue_mode_known"),
    ],
)
def test_impossible_rows_beside_a_job_are_refused(model: str, values: dict[str, Any], constraint: str) -> None:
    job_id = builders.succeeded()
    defaults: dict[str, dict[str, Any]] = {
        "jobs_attempt": {
            "job_id": job_id,
            "number": 2,
            "worker": "w",
            "release": "",
            "started_at": PAST,
            "finished_at": PAST,
            "outcome": "succeeded",
            "fenced": False,
        },
        "jobs_queue": {"name": "fine", "mode": "open", "by": "", "why": "", "changed_at": PAST},
    }
    columns = {**defaults[model], **values}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        _insert(model, columns)


def _insert(table: str, columns: dict[str, Any]) -> None:
    with transaction.get_connection().cursor() as cursor:
        places = ", ".join(["%s"] * len(columns))
        cursor.execute(f"insert into {table} ({', '.join(columns)}) values ({places})", list(columns.values()))


def test_an_edge_leads_from_one_job_to_another_once() -> None:
    parent = builders.queued()
    child = builders.blocked(parent)
    with pytest.raises(IntegrityError, match="dependency_once"), transaction.atomic():
        _insert("jobs_dependency", {"parent_id": parent, "child_id": child, "label": "", "policy": "block"})
    with pytest.raises(IntegrityError, match="dependency_not_self"), transaction.atomic():
        _insert("jobs_dependency", {"parent_id": child, "child_id": child, "label": "", "policy": "block"})
