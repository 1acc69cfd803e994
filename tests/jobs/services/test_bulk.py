"""Operations on all rows of a filter: begun, done portion by portion as the scheduler does them, stopped."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection

from jobs.broker import Broker
from jobs.errors import Conflict, Invalid, NotAllowed, NotFound
from jobs.filters import bulk_filters
from jobs.ids import uuid7
from jobs.models import AuditEntry, BulkOperation, DeadLetter, Job, LimitedUser
from jobs.queries import bulk as query
from jobs.scheduler.bulk import Bulk
from jobs.scopes import Limits
from jobs.services import access, bulk, bulk_steps, bulk_verbs, dead_letters
from jobs.services.audit import Actor
from jobs.services.bulk import Wanted
from jobs.store import prune
from tests.jobs import builders, scenes

pytestmark = pytest.mark.django_db(transaction=True)
REPLAY, DELETE, CANCEL, RETRY = "dlq.replay", "dlq.delete", "job.cancel", "job.retry"


@pytest.fixture
def otto(transactional_db: None, broker: Broker) -> User:
    rights = ("view_job", "replay_job", "delete_deadletter", "cancel_job", "retry_job", "edit_queued_job")
    return scenes.user("otto", *rights)


def begin(user: User, verb: str, filter: dict[str, str] | None = None, **options: Any) -> UUID:
    wanted = Wanted(verb=verb, filter=filter or {}, **options)
    found = bulk_filters.wanted(bulk_verbs.get(verb), wanted.filter)
    estimate = query.estimate(user, bulk_verbs.get(verb), found)
    return bulk.begin(wanted, estimate, user, Actor(user.pk, user.username, "192.0.2.7", "session"))


def at_once(acts: Sequence[Callable[[], object]]) -> list[str]:
    """Do all at the same moment; what those that were refused were told."""
    ready = Barrier(len(acts))

    def act(one: Callable[[], object]) -> str:
        try:
            ready.wait(60)
            one()
        except Conflict as error:
            return error.message
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return [said for said in pool.map(act, acts) if said]


def row(key: UUID) -> BulkOperation:
    return BulkOperation.objects.get(pk=key)


def rounds(count: int = 20) -> None:
    """So many rounds of the duty, one after the other."""
    duty = Bulk()
    for _ in range(count):
        duty.run_once()


def letter(job_id: UUID) -> int:
    return DeadLetter.objects.get(job_id=job_id).pk


class TestReplay:
    def test_all_that_fit_and_nothing_else(self, otto: User, broker: Broker) -> None:
        wanted, other = [scenes.failed(queue="critical") for _ in range(3)], scenes.failed()
        broker.flush()
        key = begin(otto, REPLAY, {"queue": "critical"}, reason="mended")
        assert row(key).estimated == 3
        rounds(2)
        found = row(key)
        assert (found.state, found.done, found.refused) == ("finished", 3, 0)
        assert {builders.state(job_id) for job_id in wanted} == {"queued"}
        assert builders.state(other) == "failed"
        assert broker.lanes("critical") == {"test.anything": 3}
        begun, *replays = AuditEntry.objects.order_by("pk")
        assert (begun.verb, begun.target, begun.reason) == ("bulk.begun", f"bulk:{key}", "mended")
        assert begun.after == {"verb": REPLAY, "filter": {"queue": "critical"}, "rate": None, "estimated": 3}
        assert {(one.verb, one.actor, one.source, one.via, one.reason) for one in replays} == {
            ("job.replayed", "otto", "192.0.2.7", "session", "mended")
        }

    def test_in_portions_that_the_rate_allows(self, otto: User) -> None:
        for _ in range(22):
            scenes.failed()
        key = begin(otto, REPLAY, rate=20)
        Bulk().run_once()
        done = row(key).done
        # A quarter of a second's at once, and more when it comes late: never those of more than a second.
        assert 5 <= done <= 20
        assert row(key).state == "running"
        oldest = Job.objects.order_by("pk").values_list("state", flat=True)
        assert list(oldest) == ["queued"] * done + ["failed"] * (22 - done)

    def test_one_that_fails_again_is_not_replayed_again(self, otto: User) -> None:
        one, two = scenes.failed(), scenes.failed()
        key = begin(otto, REPLAY, rate=1)
        Bulk().run_once()
        assert row(key).done == 1
        scenes.fail(one, scenes.begin(one), "again")
        BulkOperation.objects.update(rate=None)
        rounds(3)
        assert (row(key).state, row(key).done) == ("finished", 2)
        assert (builders.state(one), builders.state(two)) == ("failed", "queued")

    def test_what_failed_after_the_beginning_is_left_alone(self, otto: User) -> None:
        scenes.failed()
        key = begin(otto, REPLAY)
        later = scenes.failed()
        rounds(2)
        assert (row(key).state, row(key).done, builders.state(later)) == ("finished", 1, "failed")

    def test_with_another_queue_and_priority(self, otto: User) -> None:
        job_id = scenes.failed()
        begin(otto, REPLAY, parameters={"queue": "slow", "priority": 9})
        rounds(1)
        job = Job.objects.get(pk=job_id)
        assert (job.state, job.queue, job.priority) == ("queued", "slow", 9)

    def test_only_those_ticked(self, otto: User) -> None:
        one, two, three = (scenes.failed() for _ in range(3))
        key = begin(otto, REPLAY, {"ids": f"{letter(three)},{letter(one)}"})
        rounds(1)
        assert row(key).done == 2
        assert [builders.state(job_id) for job_id in (one, two, three)] == ["queued", "failed", "queued"]


def test_a_delete_leaves_the_jobs_failed(otto: User) -> None:
    job_id = scenes.failed()
    begin(otto, DELETE)
    rounds(1)
    assert not DeadLetter.objects.exists()
    assert builders.state(job_id) == "failed"


class TestJobs:
    def test_a_cancel_takes_what_lives(self, otto: User) -> None:
        waiting, running, done = scenes.queued(), scenes.running(), scenes.succeeded()
        key = begin(otto, CANCEL)
        assert row(key).estimated == 2
        later = scenes.queued()
        rounds(2)
        states = [builders.state(job_id) for job_id in (waiting, running, done, later)]
        assert states == ["cancelled", "running", "succeeded", "queued"]
        assert Job.objects.get(pk=running).cancel_requested_at is not None
        assert (row(key).state, row(key).done) == ("finished", 2)

    def test_a_cancel_within_the_states_asked_for(self, otto: User) -> None:
        scenes.queued()
        scheduled = scenes.queued(delay=60)
        key = begin(otto, CANCEL, {"state": "scheduled,succeeded"})
        rounds(1)
        assert (row(key).done, builders.state(scheduled)) == (1, "cancelled")

    def test_states_that_the_verb_is_not_for_fit_nothing(self, otto: User) -> None:
        scenes.succeeded()
        key = begin(otto, CANCEL, {"state": "succeeded"})
        rounds(1)
        assert (row(key).estimated, row(key).done, row(key).state) == (0, 0, "finished")

    def test_a_retry_takes_what_had_ended_at_the_beginning(self, otto: User) -> None:
        failed, ending = scenes.failed(), scenes.running()
        begin(otto, RETRY)
        scenes.fail(ending, 1)
        rounds(2)
        assert (builders.state(failed), builders.state(ending)) == ("queued", "failed")

    def test_priority_and_queue_of_what_waits(self, otto: User) -> None:
        job_id = scenes.queued()
        begin(otto, "job.priority", parameters={"priority": 0})
        begin(otto, "job.move", parameters={"queue": "slow"})
        rounds(2)
        assert Job.objects.values_list("priority", "queue").get(pk=job_id) == (0, "slow")

    def test_a_payload_of_others_is_not_guessed_at(self, otto: User) -> None:
        job_id = scenes.queued(payload={"to": "ada"})
        key = begin(otto, CANCEL, {"payload.to": "ada"})
        rounds(1)
        assert (row(key).estimated, builders.state(job_id)) == (0, "queued")
        assert (AuditEntry.objects.get().after or {})["filter"] == {"payload.to": "(hidden)"}


class TestStop:
    def test_the_rest_stays_where_it_was(self, otto: User) -> None:
        jobs = [scenes.failed() for _ in range(22)]
        key = begin(otto, REPLAY, rate=20)
        Bulk().run_once()
        bulk.stop(key, otto, Actor(otto.pk, "otto"), "wrong queue")
        done = row(key).done
        # As above: what the rate allows by now, and never those of more than a second.
        assert 5 <= done <= 20
        BulkOperation.objects.update(rate=None)
        rounds(2)
        assert (row(key).state, row(key).done, row(key).ended_why) == (
            "stopped",
            done,
            "stopped by otto: wrong queue",
        )
        assert [builders.state(job_id) for job_id in jobs] == ["queued"] * done + ["failed"] * (22 - done)
        entry = AuditEntry.objects.get(verb="bulk.stopped")
        assert (entry.target, entry.after, entry.reason) == (f"bulk:{key}", {"done": done, "refused": 0}, "wrong queue")

    def test_what_has_ended_is_not_stopped(self, otto: User) -> None:
        key = begin(otto, REPLAY)
        rounds(1)
        with pytest.raises(Conflict):
            bulk.stop(key, otto, Actor(otto.pk, "otto"))

    def test_only_by_who_may_do_it(self, otto: User) -> None:
        key = begin(otto, REPLAY)
        vera = scenes.user("vera", "view_job", "cancel_job")
        with pytest.raises(NotAllowed):
            bulk.stop(key, vera, Actor(vera.pk, "vera"))
        with pytest.raises(NotFound):
            bulk.stop(UUID(int=0), otto, Actor(otto.pk, "otto"))

    @pytest.mark.parametrize("how", ["permission", "inactive", "deleted"])
    def test_who_lost_the_right_in_between_does_nothing_more(self, otto: User, how: str) -> None:
        job_id = scenes.failed()
        key = begin(otto, REPLAY)
        if how == "permission":
            otto.user_permissions.remove(Permission.objects.get(codename="replay_job"))
        elif how == "inactive":
            User.objects.update(is_active=False)
        else:
            otto.delete()
        rounds(1)
        assert (row(key).state, row(key).ended_why) == ("stopped", "otto may not do this any more")
        assert builders.state(job_id) == "failed"

    def test_who_sees_no_more_jobs_touches_none(self, otto: User) -> None:
        scenes.failed()
        key = begin(otto, REPLAY)
        otto.user_permissions.remove(Permission.objects.get(codename="view_job"))
        rounds(1)
        assert (row(key).state, row(key).done) == ("finished", 0)


class TestBeginning:
    def test_only_by_who_may_do_it(self, otto: User) -> None:
        vera = scenes.user("vera", "view_job", "replay_job")
        with pytest.raises(NotAllowed):
            begin(vera, DELETE)
        assert not BulkOperation.objects.exists()
        assert not AuditEntry.objects.exists()

    def test_not_by_a_key_whose_limits_would_be_forgotten(self, otto: User) -> None:
        scenes.failed()
        key = LimitedUser.objects.get(pk=otto.pk)
        key.limits = Limits(permissions=frozenset({access.REPLAY_JOB}), queues=("slow",))
        with pytest.raises(NotAllowed):
            begin(key, REPLAY)

    @pytest.mark.parametrize(
        ("verb", "options", "field"),
        [
            ("job.explode", {}, "verb"),
            (REPLAY, {"rate": 0}, "rate"),
            (REPLAY, {"parameters": {"queue": "NO"}}, "queue"),
            (REPLAY, {"parameters": {"payload": {}}}, "payload"),
            (CANCEL, {"parameters": {"queue": "slow"}}, "queue"),
            ("job.priority", {}, "priority"),
            ("job.priority", {"parameters": {"priority": 11}}, "priority"),
            ("job.move", {"parameters": {"queue": None}}, "queue"),
            (REPLAY, {"filter": {"ids": "1,x"}}, "ids"),
            (REPLAY, {"filter": {"ids": ",".join(map(str, range(1, 1002)))}}, "ids"),
            (REPLAY, {"filter": {"state": "failed"}}, "state"),
        ],
    )
    def test_what_is_wrong_is_named(self, otto: User, verb: str, options: dict[str, Any], field: str) -> None:
        with pytest.raises(Invalid) as refusal:
            begin(otto, verb, **options)
        assert list(refusal.value.details) == [field]

    def test_not_more_than_so_many_at_once(self, otto: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bulk, "MOST_RUNNING", 1)
        begin(otto, REPLAY)
        with pytest.raises(Conflict):
            begin(otto, REPLAY)
        rounds(1)
        begin(otto, REPLAY)

    def test_not_more_than_so_many_when_all_are_begun_at_the_same_moment(
        self, otto: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bulk, "MOST_RUNNING", 2)
        said = at_once([partial(begin, otto, CANCEL, {"queue": f"q{number}"}) for number in range(8)])
        assert said == ["2 operations run already: wait for one to end, or stop one"] * 6
        assert BulkOperation.objects.count() == AuditEntry.objects.count() == 2

    def test_asked_twice_at_the_same_moment_it_is_begun_once(self, otto: User) -> None:
        scenes.failed()
        assert at_once([partial(begin, otto, REPLAY, key=uuid7())] * 4) == []
        assert BulkOperation.objects.count() == AuditEntry.objects.count() == 1

    def test_an_estimate_counts_no_further_than_its_bound(self, otto: User, monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(3):
            scenes.failed()
        assert query.estimate(otto, bulk_verbs.get(REPLAY), bulk_filters.wanted(bulk_verbs.get(REPLAY), {})) == (
            3,
            True,
        )
        monkeypatch.setattr(query, "MOST_COUNTED", 2)
        assert row(begin(otto, REPLAY)).estimate_is_whole is False


class TestSteps:
    def test_what_was_refused_is_counted_and_the_first_are_kept(
        self, otto: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between the look and the work, somebody else has replayed it."""
        job_id = scenes.failed()
        key = begin(otto, REPLAY)
        found = bulk_steps.Portion([letter(job_id), 10**9], None)
        dead_letters.replay([letter(job_id)], Actor.shell())
        assert bulk_steps.step(key, lambda *_: found) == 2
        ended = row(key)
        assert (ended.done, ended.refused) == (0, 2)
        assert ended.refusals == [
            [str(10**9), f"there is no dead letter {10**9}"],
            [str(letter(job_id)), f"job {job_id} is queued and cannot be replayed"],
        ]

    def test_two_schedulers_do_not_do_it_twice(self, otto: User) -> None:
        """The second finds the row held, and does nothing."""
        scenes.failed()
        key = begin(otto, REPLAY)
        met = []

        def step_elsewhere() -> int | None:
            try:
                return bulk_steps.step(key, find)
            finally:
                connection.close()

        def find(user: User, operation: BulkOperation, limit: int) -> bulk_steps.Portion:
            with ThreadPoolExecutor(1) as other:
                met.append(other.submit(step_elsewhere).result())
            return bulk_steps.Portion(list(DeadLetter.objects.values_list("pk", flat=True)), None)

        assert bulk_steps.step(key, find) == 1
        assert met == [None]
        assert DeadLetter.objects.get().replay_count == 1

    def test_a_portion_that_breaks_off_leaves_nothing_behind(self, otto: User) -> None:
        """As after a kill between the work and the commit."""
        job_id = scenes.failed()
        key = begin(otto, REPLAY)

        def find(user: User, operation: BulkOperation, limit: int) -> bulk_steps.Portion:
            dead_letters.replay([letter(job_id)], Actor.shell())
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            bulk_steps.step(key, find)
        assert (builders.state(job_id), row(key).state, row(key).done) == ("failed", "running", 0)
        rounds(1)
        assert (builders.state(job_id), row(key).done) == ("queued", 1)

    def test_what_no_row_can_have_ends_it(self, otto: User) -> None:
        scenes.failed()
        key = begin(otto, REPLAY)
        BulkOperation.objects.update(parameters={"queue": "NO LONGER A NAME"})
        rounds(1)
        assert row(key).state == "failed"
        assert row(key).ended_why.startswith("queue: ")

    def test_a_filter_of_a_later_release_ends_it(self, otto: User) -> None:
        key = begin(otto, REPLAY)
        BulkOperation.objects.update(filter={"colour": "red"})
        rounds(1)
        assert (row(key).state, row(key).ended_why) == ("failed", "colour: is unknown")

    def test_many_rows_without_a_match_are_passed_in_steps(self, otto: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("jobs.queries.pages.CHUNK", 2)
        monkeypatch.setattr("jobs.queries.pages.MOST", 2)
        for _ in range(5):
            scenes.failed()
        last = scenes.failed(queue="critical")
        key = begin(otto, REPLAY, {"queue": "critical"})
        duty = Bulk()
        assert (duty.run_once(), duty.interval) == (0, 0.0)
        assert row(key).cursor
        rounds(6)
        assert (row(key).state, row(key).done, builders.state(last)) == ("finished", 1, "queued")


def test_an_ended_operation_is_forgotten_with_the_audit_log(otto: User) -> None:
    begin(otto, REPLAY)
    rounds(1)
    running = begin(otto, REPLAY)
    prune.leftovers(audit=-1.0, statistics=0.0, limit=100)
    assert list(BulkOperation.objects.values_list("pk", flat=True)) == [running]
