import time
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DataError, IntegrityError

from jobs.models import Attempt, DeadLetter, Job
from jobs.ready import Ready
from jobs.states import Outcome
from jobs.store import moves
from jobs.store.settle import Settled, settle
from tests.jobs import builders
from tests.jobs.tallies import by_type

pytestmark = pytest.mark.django_db


def moved(job_id: UUID, before: dict[str, Any], **changes: Any) -> None:
    """The row is as it was `before`, but for `changes` and the times of the attempt."""
    after = builders.row(job_id)
    times = {name: after[name] for name in ("started_at", "finished_at")}
    assert after == {**before, **times, **changes}


class TestSuccess:
    def test_writes_the_result_and_the_attempt_together(self) -> None:
        job_id = builders.running()
        before = builders.row(job_id)
        logs = '[[0.1, "info", "half way"]]'
        settled = builders.end(job_id, result='{"answer": 42}', logs=logs)
        assert settled == Settled(moved=1)
        moved(job_id, before, state="succeeded", tries=1, result={"answer": 42})
        row = builders.row(job_id)
        assert row["finished_at"] - row["started_at"] == timedelta(seconds=builders.TOOK)
        assert builders.attempts(job_id) == [
            {
                "job_id": job_id,
                "number": 1,
                "worker": builders.WORKER,
                "release": builders.RELEASE,
                "started_at": row["started_at"],
                "finished_at": row["finished_at"],
                "outcome": "succeeded",
                "error_type": None,
                "error_message": None,
                "traceback": None,
                "logs": [[0.1, "info", "half way"]],
                "fenced": False,
            }
        ]
        assert builders.letters(job_id) == []

    def test_is_dated_back_by_how_long_the_outcome_waited(self) -> None:
        job_id = builders.running()
        before = builders.now()
        builders.end(job_id, ended=time.monotonic() - 100.0, took=10.0)
        after = builders.now()
        row = builders.row(job_id)
        assert before <= row["finished_at"] + timedelta(seconds=100.01)
        assert row["finished_at"] + timedelta(seconds=100) <= after
        assert row["finished_at"] - row["started_at"] == timedelta(seconds=10)

    def test_after_a_failed_try_keeps_what_that_said(self) -> None:
        job_id = builders.retrying()
        builders.change(job_id, "state = 'queued'")
        builders.begin(job_id)
        builders.end(job_id, number=2)
        row = builders.row(job_id)
        assert (row["state"], row["tries"], row["last_error"]) == ("succeeded", 2, "not yet")


class TestFailure:
    def test_is_tried_again_after_a_delay_by_the_clock_of_postgresql(self) -> None:
        job_id = builders.running()
        before = builders.row(job_id)
        earliest = builders.now()
        settled = builders.end(job_id, "retrying", delay=90.5)
        latest = builders.now()
        assert settled == Settled(moved=1, states={job_id: "retrying"})
        row = builders.row(job_id)
        moved(
            job_id,
            before,
            state="retrying",
            tries=1,
            last_error="not yet",
            run_at=row["run_at"],
            finished_at=None,
        )
        assert earliest <= row["run_at"] - timedelta(seconds=90.5) <= latest
        assert [attempt["outcome"] for attempt in builders.attempts(job_id)] == ["raised"]
        assert builders.letters(job_id) == []

    def test_for_good_is_buried_with_its_fingerprint(self) -> None:
        job_id = builders.running(tenant_id="acme", queue="critical")
        before = builders.row(job_id)
        settled = builders.end(job_id, "failed", traceback='[{"line": 7}]')
        assert settled == Settled(moved=1, states={job_id: "failed"})
        moved(job_id, before, state="failed", tries=1, last_error="no such thing")
        (attempt,) = builders.attempts(job_id)
        assert attempt["error_type"] == "app.Boom"
        assert attempt["error_message"] == "no such thing"
        assert attempt["traceback"] == [{"line": 7}]
        (letter,) = builders.letters(job_id)
        assert letter == {
            "id": letter["id"],
            "job_id": job_id,
            "type": builders.TYPE,
            "queue": "critical",
            "tenant_id": "acme",
            "fingerprint": "f" * 16,
            "error_type": "app.Boom",
            "error_message": "no such thing",
            "tries": 1,
            "failed_at": attempt["finished_at"],
            "replay_count": 0,
            "last_replayed_at": None,
        }

    def test_after_a_replay_updates_the_letter_and_keeps_its_count(self) -> None:
        job_id = builders.failed()
        (first,) = builders.letters(job_id)
        moves.retry([job_id], moves.Overrides(queue="repaired"), only=None)
        moves.count_replay([job_id])
        builders.begin(job_id)
        builders.end(job_id, "retrying", 2)
        builders.change(job_id, "state = 'queued'")
        builders.begin(job_id)
        builders.end(job_id, "failed", 3, error_type="app.Other", error_message="anew", fingerprint="e" * 16)
        (second,) = builders.letters(job_id)
        assert second["last_replayed_at"] is not None
        assert second["failed_at"] == builders.attempts(job_id)[2]["finished_at"]
        assert second == {
            **first,
            "queue": "repaired",
            "fingerprint": "e" * 16,
            "error_type": "app.Other",
            "error_message": "anew",
            "tries": 2,
            "failed_at": second["failed_at"],
            "replay_count": 1,
            "last_replayed_at": second["last_replayed_at"],
        }
        assert builders.row(job_id)["tries"] == 2

    def test_never_counts_more_tries_than_there_are(self) -> None:
        job_id = builders.running(max_attempts=1)
        builders.end(job_id, "retrying")
        builders.change(job_id, "state = 'queued'")
        builders.begin(job_id)
        builders.end(job_id, "failed", 2)
        assert builders.row(job_id)["tries"] == 1


class TestNoTryUsed:
    def test_a_released_job_is_ready_again_where_it_stood(self) -> None:
        job_id = builders.running(priority=9)
        before = builders.row(job_id)
        settled = builders.end(job_id, "released")
        at = round(before["run_at"].timestamp() * 1000)
        assert settled.states == {job_id: "queued"}
        (ready,) = settled.ready
        assert ready == Ready(job_id, "default", builders.TYPE, 9, ready.at)
        assert abs(ready.at - at) <= 1
        moved(job_id, before, state="queued", tries=0, reason="its worker stopped", finished_at=None)
        assert [attempt["outcome"] for attempt in builders.attempts(job_id)] == ["released"]

    def test_a_snoozed_job_is_scheduled(self) -> None:
        job_id = builders.running()
        before = builders.row(job_id)
        earliest = builders.now()
        settled = builders.end(job_id, "snoozed", delay=30.0)
        assert settled == Settled(moved=1, states={job_id: "scheduled"})
        row = builders.row(job_id)
        moved(
            job_id,
            before,
            state="scheduled",
            tries=0,
            reason="busy",
            run_at=row["run_at"],
            finished_at=None,
        )
        assert earliest <= row["run_at"] - timedelta(seconds=30) <= builders.now()


class TestCancelRequested:
    def test_a_success_that_came_first_stands(self) -> None:
        job_id = builders.running()
        moves.cancel([job_id], "cancelled by ada")
        settled = builders.end(job_id)
        assert settled == Settled(moved=1)
        row = builders.row(job_id)
        assert (row["state"], row["result"], row["reason"]) == ("succeeded", 42, "cancelled by ada")

    @pytest.mark.parametrize("how", ["failed", "retrying", "cancelled", "released", "snoozed"])
    def test_every_other_outcome_is_cancelled(self, how: str) -> None:
        job_id = builders.running()
        moves.cancel([job_id], "cancelled by ada")
        before = builders.row(job_id)
        settled = builders.end(job_id, how)
        assert settled == Settled(moved=1, states={job_id: "cancelled"})
        row = builders.row(job_id)
        assert row["state"] == "cancelled"
        assert row["finished_at"] is not None
        assert row["run_at"] == before["run_at"]
        assert row["tries"] == int(builders.ENDINGS[how].get("uses_try", True))
        assert [attempt["outcome"] for attempt in builders.attempts(job_id)] == [builders.ENDINGS[how]["outcome"]]
        assert builders.letters(job_id) == []

    def test_the_reason_is_who_asked_where_the_attempt_gives_none(self) -> None:
        job_id = builders.running()
        moves.cancel([job_id], "cancelled by ada")
        builders.end(job_id, "cancelled", reason=None)
        assert builders.row(job_id)["reason"] == "cancelled by ada"


class TestFencing:
    def test_a_late_result_marks_its_attempt_and_writes_nothing_else(self) -> None:
        job_id = builders.running()
        builders.end(job_id, "retrying", reason="the reaper said so")
        builders.change(job_id, "state = 'queued'")
        assert builders.begin(job_id, "w-2", 8) == 2
        before = builders.everything(job_id)
        settled = builders.end(job_id, "succeeded", number=1)
        assert settled == Settled(moved=0, fenced=[job_id])
        before["attempts"][0]["fenced"] = True
        assert builders.everything(job_id) == before

    def test_a_late_result_does_not_undo_what_the_next_attempt_wrote(self) -> None:
        job_id = builders.running()
        builders.end(job_id, "released")
        builders.begin(job_id, "w-2", 8)
        settle("w-2", "1", [builders.settlement(job_id, "failed", 2, claim=8)])
        before = builders.everything(job_id)
        assert builders.end(job_id).fenced == [job_id]
        before["attempts"][0]["fenced"] = True
        assert builders.everything(job_id) == before

    @pytest.mark.parametrize(("number", "claim"), [(1, 8), (2, builders.CLAIM)])
    def test_another_claim_or_attempt_is_refused(self, number: int, claim: int) -> None:
        job_id = builders.running()
        before = builders.everything(job_id)
        assert builders.end(job_id, number=number, claim=claim).fenced == [job_id]
        assert builders.everything(job_id) == before

    def test_a_job_that_is_gone_is_fenced(self) -> None:
        job_id = uuid4()
        assert builders.end(job_id) == Settled(moved=0, fenced=[job_id])

    @pytest.mark.parametrize("how", ["succeeded", "failed", "retrying", "released"])
    def test_a_reaper_that_comes_too_late_leaves_no_mark_on_what_the_worker_settled(self, how: str) -> None:
        job_id = builders.ended(how)
        before = builders.everything(job_id)
        verdict = builders.settlement(job_id, "retrying", outcome=Outcome.LEASE_EXPIRED)
        settled = settle(builders.WORKER, builders.RELEASE, [verdict])
        assert (settled.moved, settled.fenced, settled.repeated) == (0, [], [])
        assert builders.everything(job_id) == before
        assert not by_type(counts for _, counts in settled.tally([verdict]))
        assert not settled.news([verdict])

    @pytest.mark.parametrize("how", list(builders.ENDINGS))
    def test_a_repeat_of_our_own_commit_is_no_fence(self, how: str) -> None:
        job_id = builders.ended(how)
        before = builders.everything(job_id)
        assert builders.end(job_id, how) == Settled(moved=0, repeated=[job_id])
        assert builders.everything(job_id) == before

    def test_a_repeat_is_known_after_the_next_attempt_has_begun(self) -> None:
        job_id = builders.ended("released")
        builders.begin(job_id, "w-2", 8)
        before = builders.everything(job_id)
        assert builders.end(job_id, "released").repeated == [job_id]
        assert builders.everything(job_id) == before

    def test_in_one_batch_each_is_judged_by_itself(self) -> None:
        fresh, repeated, taken = builders.running(), builders.succeeded(), builders.ended("released")
        builders.begin(taken, "w-2", 8)
        batch = [builders.settlement(job_id) for job_id in (fresh, repeated, taken)]
        settled = settle(builders.WORKER, builders.RELEASE, batch)
        assert (settled.moved, settled.repeated, settled.fenced) == (1, [repeated], [taken])
        assert [builders.state(one) for one in (fresh, repeated, taken)] == [
            "succeeded",
            "succeeded",
            "running",
        ]

    @pytest.mark.parametrize("how", ["succeeded", "failed", "retrying"])
    def test_in_one_batch_a_late_result_does_not_hurt_the_next_attempt_of_its_job(self, how: str) -> None:
        job_id = builders.ended("released")
        builders.begin(job_id, claim=8)
        batch = [builders.settlement(job_id), builders.settlement(job_id, how, 2, claim=8)]
        settled = settle(builders.WORKER, builders.RELEASE, batch)
        assert (settled.moved, settled.fenced) == (1, [job_id])
        (figures,) = by_type(counts for _, counts in settled.tally(batch)).values()
        assert (figures.fenced, figures.ended) == (1, 1)
        assert builders.state(job_id) == builders.ENDINGS[how]["state"]
        assert [(one["outcome"], one["fenced"]) for one in builders.attempts(job_id)] == [
            ("released", True),
            (builders.ENDINGS[how]["outcome"], False),
        ]


class TestBatches:
    def test_of_every_kind_at_once(self) -> None:
        ids = {how: builders.running() for how in builders.ENDINGS}
        settled = settle(
            builders.WORKER, builders.RELEASE, [builders.settlement(job_id, how) for how, job_id in ids.items()]
        )
        assert settled.moved == len(ids)
        assert {how: builders.state(job_id) for how, job_id in ids.items()} == {
            how: end["state"] for how, end in builders.ENDINGS.items()
        }
        assert {how: builders.attempts(job_id)[0]["outcome"] for how, job_id in ids.items()} == {
            how: end["outcome"] for how, end in builders.ENDINGS.items()
        }
        assert [ready.id for ready in settled.ready] == [ids["released"]]
        assert list(DeadLetter.objects.values_list("job_id", flat=True)) == [ids["failed"]]

    @pytest.mark.parametrize(
        "poison",
        [
            {"result": '"\\u0000"'},
            {"result": "{"},
            {"logs": "nonsense"},
            {"error_message": "NUL \0"},
            {"error_message": "half a pair \ud800"},
            {"reason": "half a pair \udfff"},
            {"took": 1e300},
            {"delay": 1e300, "state": "scheduled"},
        ],
        ids=repr,
    )
    def test_a_poisonous_outcome_is_a_data_error_and_nothing_is_stored(self, poison: dict[str, Any]) -> None:
        ids = [builders.running() for _ in range(3)]
        batch = [builders.settlement(job_id) for job_id in ids]
        batch[1] = replace(batch[1], **poison)
        before = [builders.everything(job_id) for job_id in ids]
        with pytest.raises(DataError):
            settle(builders.WORKER, builders.RELEASE, batch)
        assert [builders.everything(job_id) for job_id in ids] == before
        assert settle(builders.WORKER, builders.RELEASE, [batch[0], batch[2]]).moved == 2

    @pytest.mark.parametrize("poison", [{"outcome": "lost"}, {"state": "blocked"}, {"state": "done"}], ids=repr)
    def test_an_impossible_outcome_is_an_integrity_error_and_nothing_is_stored(self, poison: dict[str, Any]) -> None:
        ids = [builders.running() for _ in range(2)]
        batch = [builders.settlement(ids[0]), builders.settlement(ids[1], **poison)]
        with pytest.raises(IntegrityError):
            settle(builders.WORKER, builders.RELEASE, batch)
        assert set(Job.objects.values_list("state", flat=True)) == {"running"}
        assert not Attempt.objects.exists()

    def test_texts_of_every_kind_come_back_as_they_went(self) -> None:
        texts = ["null", "", '"', "\\", "{a,b}", "'; drop table jobs_job; --", "ünï😀", "%s %(id)s", "a\nb\tc"]
        ids = [builders.running() for _ in texts]
        batch = [
            builders.settlement(job_id, "failed", error_message=text, error_type=text, reason=text)
            for job_id, text in zip(ids, texts, strict=True)
        ]
        settle(builders.WORKER, builders.RELEASE, batch)
        for job_id, text in zip(ids, texts, strict=True):
            (attempt,), (letter,) = builders.attempts(job_id), builders.letters(job_id)
            row = builders.row(job_id)
            found = [attempt["error_message"], attempt["error_type"], letter["error_message"]]
            assert [*found, letter["error_type"], row["last_error"], row["reason"]] == [text] * 6
