from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from jobs.ids import uuid7
from jobs.models import Job, Queue
from jobs.store import insert
from tests.jobs import builders

pytestmark = pytest.mark.django_db
TEXTS = [
    "null",
    "NULL",
    "",
    " ",
    '"quoted"',
    "back\\slash",
    "\\",
    "{brace,s}",
    "a,b",
    "ünï😀",
    "%s %(id)s",
    "'; drop table jobs_job; --",
    "line\nbreak\ttab",
]
TEXT_COLUMNS = ["type", "queue", "tenant_id", "idempotency_key", "step", "reason"]
FUTURE = datetime(2090, 1, 1, 12, 30, tzinfo=UTC)


def stored(drafts: Sequence[insert.Draft], name: str) -> list[Any]:
    """A column of the drafts' rows, in their order."""
    found = dict(Job.objects.filter(id__in=[one.id for one in drafts]).values_list("id", name))
    return [found[one.id] for one in drafts]


def test_a_plain_job_is_queued_with_every_default() -> None:
    before = builders.now()
    made = builders.draft()
    assert insert.insert([made]) == [made]
    row = builders.row(made.id)
    assert before <= row["created_at"] == row["run_at"] <= builders.now()
    assert row == {
        "id": made.id,
        "type": "test.noop",
        "queue": "default",
        "tenant_id": "",
        "owner_id": None,
        "payload": {},
        "priority": 5,
        "state": "queued",
        "attempt": 0,
        "tries": 0,
        "max_attempts": 3,
        "retry_policy": None,
        "timeout": 300.0,
        "schema_version": 1,
        "run_at": row["run_at"],
        "expires_at": None,
        "created_at": row["created_at"],
        "started_at": None,
        "finished_at": None,
        "cancel_requested_at": None,
        "worker": None,
        "claim": None,
        "idempotency_key": None,
        "tags": [],
        "workflow_id": None,
        "step": None,
        "parent_job_id": None,
        "dependency_policy": None,
        "unmet": 0,
        "has_dependants": False,
        "reason": None,
        "progress": None,
        "progress_note": None,
        "result": None,
        "artifact": None,
        "last_error": None,
        "backend_data": None,
    }


def test_every_column_is_stored_whether_all_rows_share_it_or_none_do() -> None:
    def full(number: int) -> insert.Draft:
        return builders.draft(
            type=f"t{number}",
            queue=f"q{number}",
            payload=f'{{"n": {number}}}',
            tenant_id=f"tenant{number}",
            owner_id=2**60 + number,
            priority=number,
            max_attempts=number + 1,
            retry_policy=f'{{"policy": "constant", "initial_delay": {number}}}',
            timeout=number + 0.5,
            schema_version=number + 1,
            run_at=FUTURE + timedelta(days=number),
            expires_in=60.0 * number,
            idempotency_key=f"key{number}",
            tags=f'{{"tag{number}","same"}}',
            workflow_id=UUID(int=number),
            step=f"step{number}",
            parent_job_id=UUID(int=2 * number),
            dependency_policy=["block", "cancel"][number % 2],
            has_dependants=bool(number % 2),
            reason=f"reason{number}",
            backend_data=f'{{"b": [{number}]}}',
        )

    alone, together = [full(1)], [full(2), full(3), full(4)]
    insert.insert(alone)
    insert.insert(together)
    for number, one in enumerate(alone + together, start=1):
        row = builders.row(one.id)
        expected = {
            "type": f"t{number}",
            "queue": f"q{number}",
            "payload": {"n": number},
            "tenant_id": f"tenant{number}",
            "owner_id": 2**60 + number,
            "priority": number,
            "state": "scheduled",
            "max_attempts": number + 1,
            "retry_policy": {"policy": "constant", "initial_delay": number},
            "timeout": number + 0.5,
            "schema_version": number + 1,
            "run_at": FUTURE + timedelta(days=number),
            "expires_at": row["created_at"] + timedelta(minutes=number),
            "idempotency_key": f"key{number}",
            "tags": [f"tag{number}", "same"],
            "workflow_id": UUID(int=number),
            "step": f"step{number}",
            "parent_job_id": UUID(int=2 * number),
            "dependency_policy": ["block", "cancel"][number % 2],
            "has_dependants": bool(number % 2),
            "reason": f"reason{number}",
            "backend_data": {"b": [number]},
        }
        assert {name: row[name] for name in expected} == expected


def test_a_repeat_after_an_unknown_commit_changes_nothing() -> None:
    drafts = [builders.draft() for _ in range(3)]
    insert.insert(drafts[:2])
    builders.begin(drafts[0].id)
    before = [builders.row(one.id) for one in drafts[:2]]
    assert insert.insert(drafts) == [drafts[2]]
    assert [builders.row(one.id) for one in drafts[:2]] == before


def test_a_time_ahead_means_scheduled_and_one_behind_means_queued() -> None:
    ahead, behind = builders.draft(run_at=FUTURE), builders.draft(run_at=FUTURE.replace(year=2020))
    delayed, at_once = builders.draft(delay=60.0), builders.draft(delay=0.0)
    ready = insert.insert([ahead, behind, delayed, at_once])
    assert ready == [behind, at_once]
    assert stored([ahead, behind, delayed, at_once], "state") == [
        "scheduled",
        "queued",
        "scheduled",
        "queued",
    ]
    row = builders.row(delayed.id)
    assert row["run_at"] - row["created_at"] == timedelta(minutes=1)
    assert builders.row(behind.id)["run_at"] == FUTURE.replace(year=2020)


def test_a_time_is_kept_with_its_zone_and_microseconds() -> None:
    zone = FUTURE.astimezone().tzinfo
    at = datetime(2080, 6, 1, 1, 2, 3, 456789, tzinfo=zone)
    drafts = [builders.draft(run_at=at), builders.draft()]
    insert.insert(drafts)
    assert stored(drafts, "run_at")[0] == at


def test_a_blocked_job_stays_so_and_a_cancelled_one_is_dated() -> None:
    drafts = [
        builders.draft(state="blocked", unmet=2),
        builders.draft(state="cancelled", unmet=1, reason="upstream failed"),
        builders.draft(state="blocked", unmet=1, delay=60.0),
    ]
    assert insert.insert(drafts) == []
    assert stored(drafts, "state") == ["blocked", "cancelled", "blocked"]
    row = builders.row(drafts[1].id)
    assert row["finished_at"] == row["created_at"]


@pytest.mark.parametrize("column", TEXT_COLUMNS)
def test_texts_come_back_as_they_went_in_a_batch(column: str) -> None:
    drafts = [builders.draft(**{column: text}) for text in TEXTS]
    insert.insert(drafts)
    assert stored(drafts, column) == TEXTS


@pytest.mark.parametrize("text", TEXTS)
def test_texts_come_back_as_they_went_in_a_single_row(text: str) -> None:
    made = builders.draft(**dict.fromkeys(TEXT_COLUMNS, text))
    insert.insert([made])
    assert [builders.row(made.id)[name] for name in TEXT_COLUMNS] == [text] * len(TEXT_COLUMNS)


def test_absent_texts_are_null_beside_present_ones() -> None:
    drafts = [builders.draft(step=step) for step in (None, "null", "", None)]
    insert.insert(drafts)
    assert stored(drafts, "step") == [None, "null", "", None]


def test_payloads_that_look_like_something_else() -> None:
    payloads = ["null", '"null"', "[]", '{"a": "{b,c}"}', '{"a": "\\\\\\""}', '{"a": "\\ud83d\\ude00"}', "0.1", "{}"]
    drafts = [builders.draft(payload=text) for text in payloads]
    insert.insert(drafts)
    expected = [None, "null", [], {"a": "{b,c}"}, {"a": '\\"'}, {"a": "😀"}, 0.1, {}]
    assert stored(drafts, "payload") == expected


def test_tags_are_arrays_of_any_length() -> None:
    texts = ["{}", '{"one"}', '{"one","two","null"}', '{"null"}']
    drafts = [builders.draft(tags=text) for text in texts]
    insert.insert(drafts)
    assert stored(drafts, "tags") == [[], ["one"], ["one", "two", "null"], ["null"]]


def test_a_large_batch_is_one_statement(django_assert_num_queries: Any) -> None:
    drafts = [builders.draft(id=uuid7(), payload=f'{{"n": {number}}}') for number in range(5000)]
    assert insert.insert(drafts) == drafts
    assert Job.objects.count() == 5000
    assert stored(drafts[-1:], "payload") == [{"n": 4999}]


def test_queues_get_their_rows_once() -> None:
    insert.add_queues(["b", "a"])
    Queue.objects.filter(name="a").update(mode="paused")
    insert.add_queues(["a", "c"])
    assert dict(Queue.objects.values_list("name", "mode")) == {"a": "paused", "b": "open", "c": "open"}
