"""Which jobs stand on the board, and in what order."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from jobs.models import Job
from jobs.queries.board import CARDS, GLANCE, WINDOW, board
from jobs.queries.board_figures import Count, of_all, of_looked, together
from jobs.services import access
from tests.jobs import builders, scenes

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return scenes.user("ada", tenants=["acme"])


@pytest.fixture
def viewer() -> User:
    return scenes.user("viewer", "view_job")


def ids(jobs: Iterable[Job]) -> list[UUID]:
    return [job.pk for job in jobs]


def test_parts_of_what_somebody_sees_are_together_what_they_see(ada: User, viewer: User) -> None:
    own, shared = builders.queued(owner_id=ada.pk), builders.queued(tenant_id="acme")
    other = builders.queued(tenant_id="other", owner_id=viewer.pk)
    for user, wanted in ((ada, {own, shared}), (viewer, {own, shared, other})):
        parts = access.reach_of(user).parts()
        assert {pk for part in parts for pk in ids(part)} == set(ids(access.visible(user))) == wanted


def test_what_began_or_ended_last_is_on_top_and_what_is_due_next(viewer: User) -> None:
    older, newer = builders.running(), builders.running()
    builders.change(older, "started_at = now() + interval '1 second'")
    late, soon = builders.retrying(), builders.retrying()
    builders.change(late, "run_at = now() + interval '1 hour'")
    first, second = builders.succeeded(), builders.succeeded()
    builders.change(first, "finished_at = now() + interval '1 second'")
    found = board(viewer).columns
    assert ids(found["running"]) == [older, newer]
    assert ids(found["retrying"]) == [soon, late]
    assert ids(found["succeeded"]) == [first, second]


def test_a_column_has_few_cards_and_always_those_that_are_asked_for(viewer: User) -> None:
    made = [builders.queued() for _ in range(CARDS + 2)]
    assert ids(board(viewer).columns["pending"]) == made[:1:-1]
    assert ids(board(viewer, [made[0]]).columns["pending"]) == [*made[:1:-1], made[0]]


def test_who_asks_for_somebody_elses_job_does_not_get_it(ada: User) -> None:
    other = builders.queued()
    assert board(ada, [other]).looked == []


def test_a_live_job_is_found_behind_any_number_of_newer_ones(viewer: User) -> None:
    made = {state: getattr(builders, state)() for state in ("scheduled", "blocked", "running", "retrying", "failed")}
    builders.insert.insert([builders.draft() for _ in range(WINDOW + 10)])
    found = board(viewer).columns
    shown = {job.pk for jobs in found.values() for job in jobs}
    assert {made["running"], made["retrying"], made["failed"]} <= shown


def test_a_glance_is_only_the_beginning_of_a_payload(viewer: User) -> None:
    builders.queued(payload='{"text": "' + "x" * 5000 + '"}')
    [card] = board(viewer).columns["pending"]
    assert getattr(card, "glance") == '{"text": "' + "x" * (GLANCE - 10)  # noqa: B009 - an annotation
    assert "payload" in card.get_deferred_fields() and "result" in card.get_deferred_fields()


def test_somebodys_figures_are_of_their_own_jobs(ada: User) -> None:
    builders.succeeded()
    for how in ("succeeded", "succeeded", "failed"):
        builders.ended(how, owner_id=ada.pk)
    builders.queued(owner_id=ada.pk)
    found = of_looked(board(ada), timezone.now())
    assert (found.hour.ended, found.hour.success, found.depth) == (3, pytest.approx(2 / 3), Count(1))
    assert (found.states["succeeded"], found.states["failed"]) == (Count(2), Count(1))
    later = of_looked(board(ada), timezone.now() + timedelta(hours=2))
    assert (later.hour.ended, later.hour.success, later.depth) == (0, None, Count(1))


def test_more_than_was_looked_at_is_at_least_so_many(ada: User) -> None:
    builders.insert.insert([builders.draft(owner_id=ada.pk) for _ in range(WINDOW + 1)])
    assert of_looked(board(ada), timezone.now()).depth == Count(WINDOW, more=True)


def test_an_end_that_no_statistic_has_yet_counts(viewer: User) -> None:
    builders.succeeded()
    found = of_all(board(viewer), timezone.now())
    assert (found.hour.ended, found.states["succeeded"]) == (0, Count(1))


def test_counts_together_are_as_vague_as_the_vaguest() -> None:
    assert together([Count(1), Count(100, about=True), Count(2, more=True)]) == Count(103, more=True, about=True)
    assert together([]) == Count(0)
