"""What a screen shows beside dead letters."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from jobs.models import DeadLetter
from jobs.queries import dead_letters
from jobs.queries.dead_letters import LetterFilter
from jobs.queries.letter_facts import trend
from tests.jobs import builders, scenes

pytestmark = pytest.mark.django_db(transaction=True)


def letter(group: str, minutes_ago: int = 1, **fields: str) -> None:
    written = DeadLetter.objects.filter(job_id=builders.failed(**fields))
    assert written.update(fingerprint=group * 16, failed_at=Now() - timedelta(minutes=minutes_ago)) == 1


def test_letters_are_counted_by_the_hours_of_the_last_day() -> None:
    for minutes in (1, 59, 61, 119, 23 * 60 + 1, 24 * 60 - 1, 24 * 60 + 1):
        letter("a", minutes)
    letter("b", 150)
    found = trend(["a" * 16], 100)
    assert found == {"a" * 16: [2, *[0] * 21, 2, 2]}
    assert trend(["a" * 16, "b" * 16], 1) == {"b" * 16: [*[0] * 21, 1, 0, 0]}


def test_types_and_queues_are_told_of_each_group_that_is_shown() -> None:
    viewer = scenes.user("eve", "view_job")
    for queue in ("critical", "default", "critical"):
        letter("a", queue=queue)
    letter("b", queue="slow")
    with CaptureQueriesContext(connection) as asked:
        found, looked, whole = dead_letters.groups(viewer, LetterFilter(), 1)
    assert [(row["count"], row["types"], row["queues"]) for row in found] == [
        (3, ["test.noop"], ["critical", "default"])
    ]
    assert (looked, whole) == (4, True)
    assert not any("ARRAY_AGG" in query["sql"] or f"'{'b' * 16}'" in query["sql"] for query in asked.captured_queries)
