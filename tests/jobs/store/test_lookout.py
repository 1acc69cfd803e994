"""What the scheduler and the reconciler look for, at a bounded cost."""

import pytest

from jobs.store import lookout, sql
from tests.jobs import builders

pytestmark = pytest.mark.django_db


def test_queued_jobs_are_walked_page_by_page_in_the_order_of_time() -> None:
    ids = [builders.queued() for _ in range(5)]
    place: lookout.Place | None = lookout.START
    seen = []
    while place is not None:
        page, place = lookout.queued(place, lookout.now(), 2)
        seen += [job.id for job in page]
    assert seen == ids


def test_a_page_of_queued_jobs_sorts_nothing_but_those_of_one_moment() -> None:
    for name in ("seqscan", "bitmapscan"):
        sql.run(f"set local enable_{name} = off")
    asked = {"run_at": lookout.START.run_at, "id": lookout.START.id, "until": lookout.now(), "queue": None, "limit": 9}
    plan = "\n".join(row[0] for row in sql.run(f"explain {lookout._QUEUED}", asked))
    assert "Index Scan using job_live" in plan
    assert "Presorted Key: run_at" in plan
