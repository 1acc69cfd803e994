"""Whose jobs a list has, found by indexes, and how far it looks for what none of them knows."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Job
from jobs.queries import job_search, pages
from jobs.queries.job_search import JobFilter
from jobs.queries.pages import Page, Place
from jobs.services.access import AnyUser
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person() -> AnyUser:
    return scenes.user("ada", tenants=["acme", "bolt"])


def mixed(person: AnyUser, times: int) -> list[str]:
    """Jobs of theirs, of their tenants, of both, and of others; the ids of those that they see, newest first."""
    seen = []
    for _ in range(times):
        seen.append(scenes.queued(owner_id=person.pk))
        scenes.queued(tenant_id="other")
        seen.append(scenes.queued(owner_id=person.pk, tenant_id="acme"))
        seen.append(scenes.queued(tenant_id="bolt", priority=9))
        scenes.queued(owner_id=(person.pk or 0) + 1)
    return [str(one) for one in reversed(seen)]


def ids(page: Page[Job]) -> list[str]:
    return [str(job.pk) for job in page.rows]


def look(user: AnyUser, place: Place | None = None, limit: int = 4, **wanted: Any) -> Page[Job]:
    return job_search.search(user, JobFilter(**wanted), place or Place(), limit, without=("payload",))


def plans(user: AnyUser, **wanted: Any) -> str:
    """Of all that a search asks, where PostgreSQL takes an index whenever there is one."""
    with CaptureQueriesContext(connection) as asked:
        look(user, **wanted)
    with connection.cursor() as cursor:
        cursor.execute("set enable_seqscan = off")
        try:
            found = []
            for query in asked.captured_queries:
                cursor.execute(f"explain {query['sql']}")
                found += [line for (line,) in cursor.fetchall()]
        finally:
            cursor.execute("reset enable_seqscan")
    return "\n".join(found)


def test_own_jobs_and_those_of_tenants_are_one_list(person: AnyUser) -> None:
    jobs = mixed(person, 3)
    first = look(person)
    second = look(person, first.older)
    third = look(person, second.older)
    assert [ids(first), ids(second), ids(third)] == [jobs[:4], jobs[4:8], jobs[8:]]
    assert third.older is None
    assert ids(look(person, third.newer)) == jobs[4:8]


def test_each_part_is_read_by_its_own_index(person: AnyUser) -> None:
    mixed(person, 1)
    for wanted in ({}, {"equal": {"type": "test.noop"}}):
        found = plans(person, **wanted)
        assert "Append" in found and "job_owner" in found and found.count("job_tenant") >= 2


def test_what_no_index_knows_is_looked_for_in_all_parts(person: AnyUser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "CHUNK", 2)
    monkeypatch.setattr(pages, "HURRY", 60.0)
    jobs = mixed(person, 3)
    none = look(person, equal={"worker": "nobody"})
    assert (none.rows, none.scanned, none.complete) == ([], 9, True)
    monkeypatch.setattr(pages, "MOST", 4)
    cut = look(person, equal={"worker": "nobody"})
    assert (cut.rows, cut.scanned, cut.complete) == ([], 4, False)
    assert ids(look(person, cut.older, equal={"queue": "default"}, limit=2)) == jobs[4:6]


def test_a_tenant_is_found_by_its_index() -> None:
    viewer = scenes.user("eve", "view_job")
    wanted = [str(scenes.queued(tenant_id="acme")) for _ in range(2)][::-1]
    scenes.queued()
    found = look(viewer, equal={"tenant_id": "acme"})
    assert (ids(found), found.scanned) == (wanted, None)
    assert "job_tenant" in plans(viewer, equal={"tenant_id": "acme"})
    assert look(viewer, equal={"tenant_id": ""}).scanned == 3


def test_parked_jobs_are_looked_for_among_the_newest_where_very_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = scenes.user("eve", "view_job")
    jobs = [str(scenes.queued()) for _ in range(3)][::-1]
    assert (ids(look(viewer, states=("parked",))), look(viewer, states=("parked",)).scanned) == (jobs, None)
    monkeypatch.setattr(job_search, "MOST_QUEUED", 2)
    found = look(viewer, states=("parked",))
    assert (ids(found), found.scanned, found.complete) == (jobs, 3, True)
