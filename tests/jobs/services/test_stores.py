"""How the two stores agree, and throwing one of them away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from jobs.broker import Broker
from jobs.broker.feed import NOWHERE
from jobs.errors import BrokerUnavailable, Invalid
from jobs.ids import uuid7
from jobs.models import AuditEntry, Duty, Job
from jobs.queries.truth import truth
from jobs.ready import Ready
from jobs.services import agreement, queues, stores
from jobs.services.agreement import QueueAgreement, compare
from jobs.services.audit import Actor
from jobs.services.rebuild import rebuild
from jobs.store import duties, insert, lookout, statistics
from tests.jobs import builders

pytestmark = pytest.mark.django_db(transaction=True)
ADA = Actor(5, "ada", "127.0.0.1", "session")


@pytest.fixture(autouse=True)
def redis(broker: Broker) -> Broker:
    insert.add_queues(["default", "mail"])
    for queue in ("default", "mail"):
        assert rebuild(broker, queue)
    return broker


def told(broker: Broker, number: int, **fields: Any) -> list[UUID]:
    """Queued jobs, due for a minute, that Redis knows."""
    made = untold(number, **fields)
    broker.push(lookout.still_queued(made))
    return made


def untold(number: int, **fields: Any) -> list[UUID]:
    drafts = [builders.draft(**fields) for _ in range(number)]
    insert.insert(drafts)
    ids = [draft.id for draft in drafts]
    Job.objects.filter(pk__in=ids).update(run_at=builders.now() - timedelta(minutes=1))
    return ids


def of(queue: str, broker: Broker) -> QueueAgreement:
    return next(one for one in compare(broker).queues if one.queue == queue)


class TestAgreement:
    def test_in_good_order_everything_is_on_both_sides(self, broker: Broker) -> None:
        told(broker, 3)
        told(broker, 2, queue="mail", type="mail.send")
        broker.claim("default", {builders.TYPE: 1.0}, most=1, budget=1.0, seconds=60.0)
        found = compare(broker)
        assert found.queues == [
            QueueAgreement("default", True, 3, 2, 1, 0, 0),
            QueueAgreement("mail", True, 2, 2, 0, 0, 0),
        ]
        assert (found.agrees, found.exact, found.counted_at) == (True, True, None)

    def test_what_redis_lacks_is_missing(self, broker: Broker) -> None:
        told(broker, 2)
        untold(3)
        found = of("default", broker)
        assert (found.missing, found.ghosts, found.agrees) == (3, 0, False)

    def test_what_became_ready_a_moment_ago_may_be_on_its_way(self, broker: Broker) -> None:
        builders.queued()
        assert of("default", broker) == QueueAgreement("default", True, 1, 0, 0, 0, 0)

    @pytest.mark.parametrize("how", ["gone", "final", "elsewhere"])
    def test_what_only_redis_has_is_a_ghost(self, broker: Broker, how: str) -> None:
        [job_id] = told(broker, 1)
        if how == "gone":
            Job.objects.all().delete()
        elif how == "final":
            assert builders.begin(job_id)
            builders.end(job_id)
        else:
            builders.change(job_id, "type = 'test.other'")
            broker.push(lookout.still_queued([job_id]))
        found = of("default", broker)
        assert (found.ghosts, found.missing) == (1, 0)

    def test_a_copy_that_was_lost_is_incomplete(self, broker: Broker) -> None:
        told(broker, 1)
        broker.flush()
        found = of("default", broker)
        assert (found.complete, found.missing, found.agrees) == (False, 1, False)

    def test_of_many_only_some_are_compared_and_it_says_so(
        self, broker: Broker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(agreement, "LOOK", 10)
        told(broker, 30)
        untold(5)
        statistics.count_live()
        found = compare(broker)
        assert (found.exact, found.compared) == (False, 20)
        assert found.counted_at is not None
        assert (found.total("ready"), found.total("lanes")) == (35, 30)
        assert found.total("missing") > 0

    def test_a_single_queue_is_compared_by_itself(self, broker: Broker) -> None:
        told(broker, 2)
        untold(1)
        told(broker, 4, queue="mail")
        assert compare(broker, "default").queues == [QueueAgreement("default", True, 3, 2, 0, 1, 0)]
        assert compare(broker, "mail").agrees

    def test_its_cost_does_not_grow_with_what_waits(self, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(agreement, "LOOK", 10)
        told(broker, 30)
        assert compare(broker).compared == 20
        told(broker, 300)
        assert compare(broker).compared == 20


class TestFlushAndRebuild:
    def test_nothing_is_lost_and_it_shows_so(self, broker: Broker) -> None:
        told(broker, 7)
        claim = broker.claim("default", {builders.TYPE: 1.0}, most=2, budget=2.0, seconds=60.0)
        running = builders.running(queue="mail")
        scheduled = builders.scheduled()
        rebuilt = stores.flush_and_rebuild(ADA, "to see it")
        assert (rebuilt.before.total("lanes"), rebuilt.before.total("claimed")) == (5, 2)
        assert (rebuilt.after.total("lanes"), rebuilt.after.total("claimed")) == (7, 0)
        assert (rebuilt.after.agrees, rebuilt.unfinished) == (True, [])
        assert rebuilt.keys > 0
        assert (builders.state(running), builders.state(scheduled)) == ("running", "scheduled")
        # A worker that had claimed before begins its jobs all the same, and nobody begins them again.
        assert all(builders.begin(job_id) == 1 for job_id in builders.ids(claim))
        assert all(builders.begin(job_id, "w-2", 8) is None for job_id in builders.ids(claim))

    def test_ghosts_are_gone_and_what_was_missing_is_there(self, broker: Broker) -> None:
        untold(3)
        broker.push([Ready(uuid7(), "default", builders.TYPE, 5, 0)])
        rebuilt = stores.flush_and_rebuild(ADA, "out of step")
        assert (rebuilt.before.total("missing"), rebuilt.before.total("ghosts")) == (3, 1)
        assert (rebuilt.after.total("missing"), rebuilt.after.total("ghosts")) == (0, 0)
        assert rebuilt.after.total("lanes") == 3

    def test_a_pause_stays(self, broker: Broker) -> None:
        told(broker, 1)
        queues.pause("default", ADA)
        stores.flush_and_rebuild(ADA, "to see it")
        claim = broker.claim("default", {builders.TYPE: 1.0}, most=1, budget=1.0, seconds=60.0)
        assert claim.status == "paused"

    def test_who_why_and_what_is_kept(self, broker: Broker) -> None:
        told(broker, 2)
        stores.flush_and_rebuild(ADA, "out of step")
        flushed, rebuilt = AuditEntry.objects.order_by("id")
        assert [row.verb for row in (flushed, rebuilt)] == ["stores.flushed", "stores.rebuilt"]
        assert (rebuilt.actor, rebuilt.reason, rebuilt.target) == ("ada", "out of step", "stores:redis")
        assert rebuilt.before == {
            "ready": 2, "lanes": 2, "claimed": 0, "missing": 0, "ghosts": 0, "exact": True, "queues": 2
        }  # fmt: skip
        assert (rebuilt.after["lanes"], rebuilt.after["unfinished"]) == (2, [])

    def test_other_pages_hear_of_it(self, broker: Broker) -> None:
        told(broker, 1)
        stores.flush_and_rebuild(ADA, "to see it")
        entries = broker.feed.read(NOWHERE, 1.0, 10).entries
        assert ("queue.rebuilt", "ada") in [(one.kind, one.actor) for entry in entries for one in entry.told]

    def test_without_a_reason_nothing_happens(self, broker: Broker) -> None:
        told(broker, 1)
        with pytest.raises(Invalid):
            stores.flush_and_rebuild(ADA, "  ")
        assert broker.is_complete("default")
        assert not AuditEntry.objects.exists()

    def test_a_queue_that_another_process_is_rebuilding_is_waited_for(
        self, broker: Broker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told(broker, 2)
        flush, held = Broker.flush, {}

        def overtaken(self: Broker) -> int:
            """Just after the flush another process takes the lock of a queue, and finishes later."""
            keys = flush(self)
            held["token"] = broker.begin_rebuild("default")
            return keys

        def finish() -> bool:
            while "token" not in held:
                pass
            broker.push(lookout.queued(lookout.START, lookout.now(), 10)[0])
            connections.close_all()
            return broker.finish_rebuild("default", str(held["token"]))

        monkeypatch.setattr(Broker, "flush", overtaken)
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(finish)
            rebuilt = stores.flush_and_rebuild(ADA, "to see it")
        assert other.result()
        assert (rebuilt.unfinished, rebuilt.after.agrees) == ([], True)

    def test_without_redis_it_says_so(self, settings: Any) -> None:
        with builders.redis_away(settings), pytest.raises(BrokerUnavailable):
            stores.flush_and_rebuild(ADA, "to see it")
        assert not AuditEntry.objects.exists()


class TestTruth:
    def test_with_what_was_healed_and_rebuilt(self, broker: Broker) -> None:
        duties.note("reconciler", "s-1", 3, "", 0.0)
        duties.lead("s-1", 60.0)
        stores.flush_and_rebuild(ADA, "to see it")
        found = truth()
        assert found.agreement is not None
        assert found.agreement.agrees
        assert found.reconciler == Duty.objects.get(pk="reconciler")
        assert (found.led, [row.actor for row in found.rebuilds]) == (True, ["ada"])

    def test_while_redis_is_away_the_rest_is_there(self, settings: Any) -> None:
        with builders.redis_away(settings):
            found = truth()
        assert (found.agreement, found.led, found.rebuilds) == (None, False, [])
