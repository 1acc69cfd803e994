"""The jobs that a job has made."""

import pytest
from django.contrib.auth.models import AnonymousUser

from jobs.models import Job
from jobs.queries import children as query
from jobs.queries.children import children
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)


def test_those_that_name_it_and_that_the_person_sees() -> None:
    person = scenes.user("ada", "view_job")
    parent = Job.objects.get(pk=scenes.queued())
    made = [scenes.queued(parent_job_id=parent.pk) for _ in range(2)]
    scenes.queued(parent_job_id=made[0])
    found, whole = children(parent, person)
    assert ([job.pk for job in found], whole) == (made, True)
    assert children(parent, scenes.user("bob")) == ([], True)
    assert children(parent, AnonymousUser()) == ([], True)


def test_one_that_came_long_after_its_parent_is_found() -> None:
    person = scenes.user("ada", "view_job")
    parent = Job.objects.get(pk=scenes.queued())
    for _ in range(3):
        scenes.queued()
    late = scenes.queued(parent_job_id=parent.pk)
    assert [job.pk for job in children(parent, person)[0]] == [late]


def test_of_very_many_the_first_are_shown_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    person = scenes.user("ada", "view_job")
    parent = Job.objects.get(pk=scenes.queued())
    made = [scenes.queued(parent_job_id=parent.pk) for _ in range(3)]
    monkeypatch.setattr(query, "MOST", 2)
    found, whole = children(parent, person)
    assert ([job.pk for job in found], whole) == (made[:2], False)
