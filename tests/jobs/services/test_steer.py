from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from jobs import services
from jobs.broker import Broker
from jobs.envelope import DependsOn
from jobs.errors import Conflict, Invalid, NotFound
from jobs.models import AuditEntry, Job
from jobs.services import steer
from jobs.services.audit import Actor
from jobs.services.steer import Changes
from tests.jobs import builders, scenes

pytestmark = pytest.mark.django_db(transaction=True)
ADA = Actor(5, "ada", "192.0.2.1")


def state(job_id: UUID) -> str:
    return Job.objects.get(pk=job_id).state


def audited(job_id: UUID) -> list[tuple[str, object, object]]:
    rows = AuditEntry.objects.filter(target=f"job:{job_id}").order_by("id")
    return [(row.verb, row.before, row.after) for row in rows]


class TestCancel:
    def test_a_waiting_job_ends_leaves_redis_and_is_audited(self, broker: Broker) -> None:
        job_id = scenes.queued()
        result = steer.cancel([job_id], ADA, "wrong address")
        assert (result.moved, result.refused, result.asked) == ([job_id], {}, [])
        job = Job.objects.get(pk=job_id)
        assert (job.state, job.reason) == ("cancelled", "cancelled by ada: wrong address")
        assert broker.lanes("default") == {"test.anything": 0}
        assert audited(job_id) == [("job.cancelled", {"state": "queued"}, {"state": "cancelled"})]
        entry = AuditEntry.objects.get()
        assert (entry.actor_id, entry.actor, entry.source, entry.reason) == (
            5,
            "ada",
            "192.0.2.1",
            "wrong address",
        )

    def test_a_running_job_is_asked_to_stop(self, broker: Broker) -> None:
        job_id = scenes.running()
        messages = broker.listen(scenes.WORKER, 5.0)
        heard = []
        # The subscription stands once the first silence or message came.
        quiet = broker.listen(scenes.WORKER, 0.01)
        assert next(quiet) is None
        result = steer.cancel([job_id], ADA)
        heard.append(next(quiet))
        messages.close()
        quiet.close()
        assert result.asked == result.moved == [job_id]
        assert heard == [f"cancel {job_id}"]
        assert state(job_id) == "running"
        assert Job.objects.get(pk=job_id).cancel_requested_at is not None
        assert audited(job_id)[0][0] == "job.cancel_requested"

    def test_final_and_unknown_jobs_are_refused_and_the_others_move(self, broker: Broker) -> None:
        done, waiting, unknown = scenes.succeeded(), scenes.queued(), uuid4()
        result = steer.cancel([done, waiting, unknown, waiting], ADA)
        assert result.moved == [waiting]
        assert isinstance(result.refused[done], Conflict)
        assert isinstance(result.refused[unknown], NotFound)
        assert audited(done) == []

    def test_for_a_single_job_the_refusal_is_raised(self, broker: Broker) -> None:
        with pytest.raises(NotFound):
            steer.cancel([uuid4()], ADA).only()
        with pytest.raises(Conflict, match="is succeeded and cannot be cancelled"):
            steer.cancel([scenes.succeeded()], ADA).only()

    def test_children_that_go_along_are_counted(self, broker: Broker) -> None:
        parent = scenes.queued()
        child = services.enqueue("test.noop", dependencies=[parent], dependency_policy="cancel").id
        result = steer.cancel([parent], ADA)
        assert (result.moved, result.followed, state(child)) == ([parent], 1, "cancelled")

    def test_too_many_at_once(self, broker: Broker) -> None:
        with pytest.raises(Invalid, match="at most"):
            steer.cancel([UUID(int=number) for number in range(10_001)], ADA)

    def test_a_hostile_reason_is_kept_as_text(self, broker: Broker) -> None:
        job_id = scenes.queued()
        steer.cancel([job_id], ADA, "\0<script>\ud800" + "x" * 5000)
        reason = AuditEntry.objects.get().reason
        assert len(reason) == 1000
        assert "\0" not in reason


class TestRetry:
    def test_a_failed_job_gets_a_fresh_budget(self, broker: Broker) -> None:
        job_id = scenes.failed()
        assert steer.retry([job_id], ADA).moved == [job_id]
        job = Job.objects.get(pk=job_id)
        assert (job.state, job.tries, job.attempt) == ("queued", 0, 1)
        assert broker.lanes("default") == {"test.anything": 1}
        assert audited(job_id) == [("job.retried", {"state": "failed"}, {"state": "queued"})]

    def test_a_cancelled_child_waits_again_for_what_it_waited_for(self, broker: Broker) -> None:
        parent = scenes.queued()
        child = services.enqueue("test.noop", dependencies=[DependsOn(parent)]).id
        steer.cancel([child], ADA)
        steer.retry([child], ADA)
        assert state(child) == "blocked"
        assert audited(child)[-1] == ("job.retried", {"state": "cancelled"}, {"state": "blocked"})

    @pytest.mark.parametrize("make", [scenes.queued, scenes.running, scenes.succeeded])
    def test_others_are_refused(self, broker: Broker, make: object) -> None:
        job_id = make()  # type: ignore[operator]  # a scene
        with pytest.raises(Conflict):
            steer.retry([job_id], ADA).only()
        assert audited(job_id) == []


class TestEdit:
    def test_a_new_priority_changes_the_place_in_line(self, broker: Broker) -> None:
        first, second = scenes.queued(), scenes.queued()
        steer.edit([second], ADA, Changes(priority=9), "urgent")
        broker.finish_rebuild("default", broker.begin_rebuild("default") or "")
        claim = broker.claim("default", {"test.anything": 1.0}, most=5, budget=5, seconds=5)
        assert builders.ids(claim) == [second, first]
        assert audited(second) == [("job.priority_changed", {"priority": 5}, {"priority": 9})]

    def test_a_new_queue_means_another_lane(self, broker: Broker) -> None:
        job_id = scenes.queued()
        steer.edit([job_id], ADA, Changes(queue="other"))
        assert (broker.lanes("default"), broker.lanes("other")) == (
            {"test.anything": 0},
            {"test.anything": 1},
        )
        assert audited(job_id) == [("job.edited", {"queue": "default"}, {"queue": "other"})]

    def test_a_later_time_takes_it_out_of_line_and_an_earlier_one_back(self, broker: Broker) -> None:
        job_id = scenes.queued()
        steer.edit([job_id], ADA, Changes(run_at=datetime.now(UTC) + timedelta(hours=1)))
        assert (state(job_id), broker.lanes("default")) == ("scheduled", {"test.anything": 0})
        steer.edit([job_id], ADA, Changes(run_at=datetime.now(UTC) - timedelta(hours=1)))
        assert (state(job_id), broker.lanes("default")) == ("queued", {"test.anything": 1})

    def test_a_payload_is_checked_by_the_handler_of_each_job(self, broker: Broker) -> None:
        loose, strict = scenes.queued("test.anything", {"a": 1}), scenes.queued("test.noop", {"n": 1})
        result = steer.edit([loose, strict], ADA, Changes(payload={"n": "many"}))
        assert result.moved == [loose]
        assert "payload.n" in result.refused[strict].details
        assert Job.objects.get(pk=loose).payload == {"n": "many"}
        assert Job.objects.get(pk=strict).payload == {"n": 1}
        assert audited(loose) == [("job.edited", {"payload": {"a": 1}}, {"payload": {"n": "many"}})]

    def test_a_large_payload_is_audited_by_its_hash(self, broker: Broker) -> None:
        job_id = scenes.queued()
        steer.edit([job_id], ADA, Changes(payload={"text": "x" * 10_000}))
        after = AuditEntry.objects.get().after
        assert after is not None
        assert set(after["payload"]) == {"characters", "sha256"}

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            (Changes(priority=11), "priority"),
            (Changes(queue="Not A Queue"), "queue"),
            (Changes(run_at=datetime(2030, 1, 1)), "run_at"),  # noqa: DTZ001 - a time without zone is the case
            (Changes(run_at=datetime.max.replace(tzinfo=UTC)), "run_at"),
        ],
    )
    def test_wrong_values_are_named(self, broker: Broker, changes: Changes, field: str) -> None:
        with pytest.raises(Invalid) as refusal:
            steer.edit([scenes.queued()], ADA, changes)
        assert list(refusal.value.details) == [field]

    def test_nothing_to_change(self, broker: Broker) -> None:
        with pytest.raises(Invalid):
            steer.edit([scenes.queued()], ADA, Changes())

    @pytest.mark.parametrize("make", [scenes.running, scenes.succeeded, scenes.failed])
    def test_what_has_begun_or_ended_is_refused(self, broker: Broker, make: object) -> None:
        job_id = make()  # type: ignore[operator]  # a scene
        with pytest.raises(Conflict):
            steer.edit([job_id], ADA, Changes(priority=1)).only()
