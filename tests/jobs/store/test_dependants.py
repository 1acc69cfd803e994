from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Barrier
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from jobs import services
from jobs.conf import options
from jobs.envelope import DependsOn, JobRequest
from jobs.errors import Invalid
from jobs.models import Dependency, Job
from jobs.scheduler.reaper import Reaper
from jobs.services import steer
from jobs.services.audit import Actor
from jobs.store import dependants, lookout, moves
from jobs.store.settle import Settled, settle
from tests.jobs import builders

T = TypeVar("T")
POLICIES = ["block", "allow_failed", "cancel"]


def child_of(*parents: UUID, policy: str = "block", **fields: Any) -> UUID:
    return services.enqueue(builders.TYPE, dependencies=list(parents), dependency_policy=policy, **fields).id


def states(*ids: UUID) -> list[str]:
    return [builders.state(job_id) for job_id in ids]


def unmet(job_id: UUID) -> int:
    return int(builders.row(job_id)["unmet"])


# -- how a parent may end ----------------------------------------------------------------------------------------------


def succeeds(parent: UUID) -> None:
    builders.begin(parent)
    builders.end(parent)


def fails(parent: UUID) -> None:
    builders.begin(parent)
    builders.end(parent, "failed")


def is_cancelled(parent: UUID) -> None:
    moves.cancel([parent], "no longer wanted")


def is_cancelled_while_running(parent: UUID) -> None:
    builders.begin(parent)
    moves.cancel([parent], "no longer wanted")
    builders.end(parent, "released")


def expires(parent: UUID) -> None:
    builders.change(parent, "expires_at = now() - interval '1 second'")
    moves.expire(100)


def loses_its_lease(parent: UUID) -> None:
    builders.begin(parent)
    _reap()


def loses_its_last_lease(parent: UUID) -> None:
    builders.change(parent, "max_attempts = 1")
    loses_its_lease(parent)


def loses_its_lease_after_a_cancel(parent: UUID) -> None:
    builders.begin(parent)
    moves.cancel([parent], "no longer wanted")
    _reap()


def _reap() -> None:
    builders.worker(lease=-1)
    assert Reaper(replace(options(), lease_ttl=0.01), steady=lambda: 1.0).run_once() == 1


ENDS: dict[Callable[[UUID], None], str] = {
    fails: "failed",
    is_cancelled: "cancelled",
    is_cancelled_while_running: "cancelled",
    expires: "cancelled",
    loses_its_last_lease: "failed",
    loses_its_lease_after_a_cancel: "cancelled",
}
"""Ways to end without success, and the state that each leads to."""


@pytest.mark.django_db
class TestPolicies:
    @pytest.mark.parametrize("policy", POLICIES)
    def test_a_success_frees_the_child(self, policy: str) -> None:
        parent = builders.queued()
        child = child_of(parent, policy=policy)
        assert builders.row(child)["state"] == "blocked"
        succeeds(parent)
        row = builders.row(child)
        assert (row["state"], row["unmet"], row["reason"]) == ("queued", 0, None)
        assert [edge["met_at"] is not None for edge in builders.edges(child)] == [True]

    @pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
    def test_block_keeps_the_child_and_names_the_upstream(self, end: Callable[[UUID], None]) -> None:
        parent = builders.queued()
        child = child_of(parent)
        end(parent)
        row = builders.row(child)
        assert (row["state"], row["unmet"]) == ("blocked", 1)
        assert row["reason"] == f"upstream {parent} {ENDS[end]}"

    @pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
    def test_allow_failed_takes_any_end(self, end: Callable[[UUID], None]) -> None:
        parent = builders.queued()
        child = child_of(parent, policy="allow_failed")
        end(parent)
        row = builders.row(child)
        assert (row["state"], row["unmet"], row["reason"]) == ("queued", 0, None)

    @pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
    def test_cancel_ends_the_child_with_it(self, end: Callable[[UUID], None]) -> None:
        parent = builders.queued()
        child = child_of(parent, policy="cancel")
        end(parent)
        row = builders.row(child)
        assert row["state"] == "cancelled"
        assert row["reason"] == f"upstream {parent} {ENDS[end]}"
        assert row["finished_at"] is not None

    @pytest.mark.parametrize("policy", POLICIES)
    def test_what_is_no_end_leaves_the_child_alone(self, policy: str) -> None:
        parents = [builders.queued() for _ in range(4)]
        child = child_of(*parents, policy=policy)
        before = builders.everything(child)
        for parent, how in zip(parents, ("retrying", "released", "snoozed"), strict=False):
            builders.begin(parent)
            builders.end(parent, how)
        loses_its_lease(parents[3])
        assert builders.everything(child) == before

    @pytest.mark.parametrize("end", [fails, is_cancelled], ids=lambda end: end.__name__)
    def test_a_replay_of_the_upstream_can_still_free_the_child(self, end: Callable[[UUID], None]) -> None:
        parent = builders.queued()
        child = child_of(parent)
        end(parent)
        moves.retry([parent], moves.Overrides())
        assert (builders.state(child), builders.row(child)["reason"]) == ("blocked", None)
        number = builders.begin(parent)
        assert number is not None
        assert [job.id for job in builders.end(parent, number=number).ready] == [child]
        assert builders.state(child) == "queued"

    def test_an_edge_that_was_met_stays_so_through_a_replay(self) -> None:
        parent = builders.queued()
        child = child_of(parent, policy="allow_failed")
        fails(parent)
        moves.retry([parent], moves.Overrides())
        builders.begin(parent)
        assert builders.end(parent, number=2).ready == []
        assert (builders.state(child), unmet(child)) == ("queued", 0)

    def test_an_edge_is_counted_once_however_often_its_parent_ends(self) -> None:
        parent, other = builders.queued(), builders.queued()
        child = child_of(parent, other, policy="allow_failed")
        fails(parent)
        before = builders.everything(child)
        moves.retry([parent], moves.Overrides())
        builders.begin(parent)
        builders.end(parent, number=2)
        assert builders.everything(child) == before
        assert unmet(child) == 1
        succeeds(other)
        assert builders.state(child) == "queued"

    def test_of_two_edges_the_one_that_cancels_outweighs_the_one_that_blocks(self) -> None:
        blocks, cancels = builders.queued(), builders.queued()
        child = services.enqueue(
            builders.TYPE, dependencies=[DependsOn(blocks), DependsOn(cancels, policy="cancel")]
        ).id
        moves.cancel([blocks, cancels], "both")
        assert builders.row(child)["reason"] == f"upstream {cancels} cancelled"
        assert builders.state(child) == "cancelled"

    def test_a_child_that_was_cancelled_itself_still_counts_what_is_met(self) -> None:
        first, second = builders.queued(), builders.queued()
        child = child_of(first, second)
        moves.cancel([child], "not wanted")
        succeeds(first)
        assert (builders.state(child), unmet(child)) == ("cancelled", 1)
        moves.retry([child], moves.Overrides())
        assert builders.state(child) == "blocked"
        succeeds(second)
        assert builders.state(child) == "queued"

    def test_a_child_whose_time_is_ahead_is_scheduled_when_it_is_met(self) -> None:
        parent = builders.queued()
        child = child_of(parent, delay="1h")
        builders.begin(parent)
        assert builders.end(parent).ready == []
        assert builders.state(child) == "scheduled"


@pytest.mark.django_db
class TestGraphs:
    def test_a_chain_goes_link_by_link(self) -> None:
        chain = [builders.queued()]
        for _ in range(4):
            chain.append(child_of(chain[-1]))
        for done in range(len(chain)):
            assert states(*chain) == ["succeeded"] * done + ["queued"] + ["blocked"] * (len(chain) - done - 1)
            succeeds(chain[done])

    def test_a_diamond_waits_for_both_sides_and_is_freed_once(self) -> None:
        top = builders.queued()
        left, right = child_of(top), child_of(top)
        bottom = child_of(left, right)
        builders.begin(top)
        assert {job.id for job in builders.end(top).ready} == {left, right}
        builders.begin(left)
        assert builders.end(left).ready == []
        assert unmet(bottom) == 1
        builders.begin(right)
        assert [job.id for job in builders.end(right).ready] == [bottom]

    def test_both_sides_in_one_batch_free_the_bottom_once(self) -> None:
        left, right = builders.running(), builders.running()
        bottom = child_of(left, right)
        batch = [builders.settlement(left), builders.settlement(right)]
        assert [job.id for job in settle(builders.WORKER, "1", batch).ready] == [bottom]

    def test_a_cancel_goes_down_the_graph_until_an_edge_stops_it(self) -> None:
        top = builders.queued()
        first = child_of(top, policy="cancel")
        second = child_of(first, policy="cancel")
        tolerant = child_of(second, policy="allow_failed")
        patient = child_of(second, policy="block")
        after = child_of(patient, policy="cancel")
        cancelled = moves.cancel([top], "stop")
        assert [job.id for job in cancelled.ended] == [top, first, second]
        assert [job.id for job in cancelled.ready] == [tolerant]
        assert states(top, first, second) == ["cancelled"] * 3
        assert states(tolerant, patient, after) == ["queued", "blocked", "blocked"]
        assert builders.row(patient)["reason"] == f"upstream {second} cancelled"

    def test_a_settled_failure_tells_who_went_along(self) -> None:
        top = builders.running()
        child = child_of(top, policy="cancel")
        settled = builders.end(top, "failed")
        assert settled == Settled(moved=1, states={top: "failed"}, cancelled=[replace_at(settled.cancelled[0], child)])

    def test_a_wide_graph_is_freed_at_once(self) -> None:
        top = builders.queued()
        children = [
            submission.id
            for submission in services.enqueue_many(
                [JobRequest(type=builders.TYPE, dependencies=[top]) for _ in range(300)]
            )
        ]
        builders.begin(top)
        assert {job.id for job in builders.end(top).ready} == set(children)

    def test_a_child_of_many_is_freed_by_the_last(self) -> None:
        parents = [builders.queued() for _ in range(300)]
        child = child_of(*parents)
        for parent in parents:
            builders.begin(parent)
        batch = [builders.settlement(parent) for parent in parents]
        assert settle(builders.WORKER, "1", batch[1:]).ready == []
        assert unmet(child) == 1
        assert [job.id for job in settle(builders.WORKER, "1", batch[:1]).ready] == [child]

    def test_results_are_read_by_label_or_type(self) -> None:
        labelled, plain = builders.succeeded(), builders.succeeded(type="test.anything")
        child = services.enqueue(builders.TYPE, dependencies=[DependsOn(labelled, label="sum"), DependsOn(plain)]).id
        assert sorted(lookout.dependency_results(child)) == [
            ("sum", True, "42", None),
            ("test.anything", False, "42", None),
        ]


def replace_at(ready: Any, job_id: UUID) -> Any:
    """What `ready` should say of `job_id`, whenever it was made."""
    return ready._replace(id=job_id, queue="default", type=builders.TYPE, priority=5)


@pytest.mark.django_db
class TestParentsThatAreFinalAtSubmit:
    @pytest.mark.parametrize("policy", POLICIES)
    def test_a_success_is_met_at_once(self, policy: str) -> None:
        child = child_of(builders.succeeded(), policy=policy)
        assert (builders.state(child), unmet(child)) == ("queued", 0)

    @pytest.mark.parametrize("make", [builders.failed, builders.cancelled])
    def test_a_bad_end_counts_by_the_policy(self, make: Callable[[], UUID]) -> None:
        parent = make()
        word = builders.state(parent)
        patient, tolerant, doomed = (child_of(parent, policy=policy) for policy in POLICIES)
        assert states(patient, tolerant, doomed) == ["blocked", "queued", "cancelled"]
        assert builders.row(patient)["reason"] == f"upstream {parent} {word}"
        assert builders.row(doomed)["reason"] == f"upstream {parent} {word}"

    def test_its_replay_frees_the_child_that_came_later(self) -> None:
        parent = builders.failed()
        child = child_of(parent)
        moves.retry([parent], moves.Overrides())
        builders.begin(parent)
        assert [job.id for job in builders.end(parent, number=2).ready] == [child]

    def test_a_child_that_is_cancelled_at_submit_takes_those_of_its_batch_along(self) -> None:
        parent = builders.failed()
        first = JobRequest(type=builders.TYPE, dependencies=[parent], dependency_policy="cancel")
        second = JobRequest(type=builders.TYPE, dependencies=[first], dependency_policy="cancel")
        third = JobRequest(type=builders.TYPE, dependencies=[second], dependency_policy="allow_failed")
        fourth = JobRequest(type=builders.TYPE, dependencies=[second])
        services.enqueue_many([fourth, third, second, first])
        assert states(first.id, second.id, third.id, fourth.id) == [
            "cancelled",
            "cancelled",
            "queued",
            "blocked",
        ]
        assert builders.row(fourth.id)["reason"] == f"upstream {second.id} cancelled"

    def test_a_mixture_waits_for_the_open_ones_only(self) -> None:
        done, live = builders.succeeded(), builders.queued()
        child = child_of(done, live)
        assert unmet(child) == 1
        succeeds(live)
        assert builders.state(child) == "queued"


@pytest.mark.django_db
class TestSubmittingAGraph:
    def test_parents_and_children_of_one_batch_in_any_order(self) -> None:
        top = JobRequest(type=builders.TYPE)
        left = JobRequest(type=builders.TYPE, dependencies=[top])
        right = JobRequest(type=builders.TYPE, dependencies=[DependsOn(top.id, label="top")])
        bottom = JobRequest(type=builders.TYPE, dependencies=[left, right])
        services.enqueue_many([bottom, right, left, top])
        assert states(top.id, left.id, right.id, bottom.id) == ["queued", "blocked", "blocked", "blocked"]
        for done in (top, left, right):
            succeeds(done.id)
        assert builders.state(bottom.id) == "queued"

    def test_the_same_parent_twice_is_one_edge(self) -> None:
        parent = builders.queued()
        child = child_of(parent, parent)
        assert unmet(child) == 1
        succeeds(parent)
        assert builders.state(child) == "queued"

    def test_two_repeats_of_one_job_are_one_edge(self) -> None:
        earlier = services.enqueue(builders.TYPE, idempotency_key="k").id
        repeats = [JobRequest(type=builders.TYPE, idempotency_key="k") for _ in range(2)]
        child = JobRequest(type=builders.TYPE, dependencies=repeats)
        services.enqueue_many([*repeats, child])
        assert (builders.state(child.id), unmet(child.id)) == ("blocked", 1)
        succeeds(earlier)
        assert builders.state(child.id) == "queued"

    def test_a_repeat_within_the_batch_is_the_same_parent(self) -> None:
        twins = [JobRequest(type=builders.TYPE, idempotency_key="k") for _ in range(2)]
        child = JobRequest(type=builders.TYPE, dependencies=twins)
        services.enqueue_many([child, *twins])
        assert unmet(child.id) == 1
        succeeds(twins[0].id)
        assert builders.state(child.id) == "queued"

    def test_an_unknown_parent_is_refused_by_name_and_nothing_is_stored(self) -> None:
        nobody = uuid4()
        with pytest.raises(Invalid) as refusal:
            child_of(builders.queued(), nobody)
        assert refusal.value.details == {"dependencies": [f"there is no job {nobody}"]}
        assert Job.objects.count() == 1
        assert not Dependency.objects.exists()

    def test_another_tenants_job_is_unknown(self) -> None:
        theirs = builders.queued(tenant_id="acme")
        with pytest.raises(Invalid, match="there is no job"):
            child_of(theirs, tenant_id="globex")

    @pytest.mark.parametrize("length", [1, 2, 5])
    def test_a_circle_in_a_batch_is_refused(self, length: int) -> None:
        requests = [JobRequest(type=builders.TYPE) for _ in range(length)]
        for number, request in enumerate(requests):
            request.dependencies = [requests[number - 1]]
        with pytest.raises(Invalid, match="in a circle") as refusal:
            services.enqueue_many(requests)
        assert list(refusal.value.details) == ["dependencies"]
        assert not Job.objects.exists()


@pytest.mark.django_db
class TestSweep:
    def test_frees_a_blocked_job_without_an_unmet_edge(self) -> None:
        stuck = builders.queued(state="blocked", unmet=1)
        later = builders.queued(state="blocked", unmet=3, delay=3600.0)
        waiting = builders.blocked()
        before = builders.row(waiting)
        assert [job.id for job in dependants.sweep(100)] == [stuck]
        assert states(stuck, later) == ["queued", "scheduled"]
        assert builders.row(waiting) == before
        assert dependants.sweep(100) == []

    def test_goes_on_batch_by_batch(self) -> None:
        for _ in range(3):
            builders.queued(state="blocked", unmet=1)
        assert [len(dependants.sweep(2)) for _ in range(3)] == [2, 1, 0]


# -- at the same moment ------------------------------------------------------------------------------------------------


class Elsewhere:
    """Threads with connections of their own."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    def begin(self, action: Callable[[], T]) -> "Future[T]":
        def run() -> T:
            try:
                return action()
            finally:
                connection.close()

        return self._pool.submit(run)

    def begin_and_wait_for_us(self, action: Callable[[], T]) -> "Future[T]":
        """Begin `action`; returns when it waits for a lock that our transaction holds."""
        future = self.begin(action)
        waits = "select count(*) from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))"
        with connection.cursor() as cursor:
            waiting = 0
            while not waiting and not future.done():
                cursor.execute(waits)
                waiting = cursor.fetchone()[0]
        assert waiting, "it ended without waiting for us"
        return future

    def begin_and_wait(self, action: Callable[[], T]) -> "Future[T]":
        """Begin `action`; returns when it has ended, or one more than before waits for a lock of anybody."""
        with connection.cursor() as cursor:
            before = self._waiting(cursor)
            future = self.begin(action)
            while not future.done() and self._waiting(cursor) <= before:
                pass
        return future

    @staticmethod
    def _waiting(cursor: Any) -> int:
        cursor.execute("select count(*) from pg_locks where not granted")
        return int(cursor.fetchone()[0])


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with ThreadPoolExecutor(16) as pool:
        yield Elsewhere(pool)


@contextmanager
def then_rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
class TestTwoParentsAtTheSameMoment:
    def test_the_second_waits_for_the_first_and_frees_the_child(self, elsewhere: Elsewhere) -> None:
        first, second = builders.running(), builders.running()
        child = child_of(first, second)
        with transaction.atomic():
            assert builders.end(first).ready == []
            other = elsewhere.begin_and_wait_for_us(lambda: builders.end(second))
        assert [job.id for job in other.result().ready] == [child]
        assert (builders.state(child), unmet(child)) == ("queued", 0)

    def test_the_second_does_not_count_what_the_first_took_back(self, elsewhere: Elsewhere) -> None:
        first, second = builders.running(), builders.running()
        child = child_of(first, second)
        with then_rolled_back():
            builders.end(first)
            other = elsewhere.begin_and_wait_for_us(lambda: builders.end(second))
        assert other.result().ready == []
        assert (builders.state(child), unmet(child)) == ("blocked", 1)
        assert [job.id for job in builders.end(first).ready] == [child]

    def test_a_failure_and_a_success_agree_whoever_is_first(self, elsewhere: Elsewhere) -> None:
        for order in (("failed", "succeeded"), ("succeeded", "failed")):
            first, second = builders.running(), builders.running()
            child = child_of(first, second, policy="cancel")
            with transaction.atomic():
                builders.end(first, order[0])
                other = elsewhere.begin_and_wait_for_us(lambda job=second, how=order[1]: builders.end(job, how))
            other.result()
            assert builders.state(child) == "cancelled"

    def test_a_crowd_frees_every_child_exactly_once(self, elsewhere: Elsewhere) -> None:
        groups = [[builders.running() for _ in range(5)] for _ in range(8)]
        everyone = [parent for group in groups for parent in group]
        children = [child_of(*everyone) for _ in range(4)] + [child_of(*groups[0], *groups[1])]
        barrier = Barrier(len(groups))

        def end(group: list[UUID]) -> list[UUID]:
            batch = [builders.settlement(parent) for parent in group]
            barrier.wait()
            return [job.id for job in settle(builders.WORKER, "1", batch).ready]

        futures = [elsewhere.begin(lambda group=group: end(group)) for group in groups]
        freed = [job_id for future in futures for job_id in future.result()]
        assert sorted(freed) == sorted(children)
        assert states(*children) == ["queued"] * len(children)
        assert [unmet(child) for child in children] == [0] * len(children)


def marked(*parents: UUID) -> list[str | None]:
    """What a submit does with the jobs that its own shall wait for; it would be repeated after a deadlock."""
    with transaction.atomic():
        found = dependants.mark_parents(parents)
    return [found[job_id].state for job_id in parents]


@pytest.mark.django_db(transaction=True)
class TestLocksAreTakenInOneOrder:
    """Each test brings two transactions to where they would wait for each other, if their orders were crossed."""

    def test_two_batches_that_free_what_the_other_one_holds_back(self, elsewhere: Elsewhere) -> None:
        good, bad, other_good, other_bad = (builders.running() for _ in range(4))
        held, first, last = child_of(bad), child_of(bad, other_good), child_of(good, other_bad)
        one = [builders.settlement(good), builders.settlement(bad, "failed")]
        two = [builders.settlement(other_good), builders.settlement(other_bad, "failed")]
        with transaction.atomic():
            moves.edit([held], {"priority": 1})
            slow = elsewhere.begin_and_wait_for_us(lambda: settle(builders.WORKER, "1", one))
            quick = elsewhere.begin_and_wait(lambda: settle(builders.WORKER, "1", two))
        assert [slow.result().moved, quick.result().moved] == [2, 2]
        assert [unmet(child) for child in (held, first, last)] == [1, 1, 1]
        assert states(held, first, last) == ["blocked"] * 3

    def test_a_cancellation_that_goes_down_and_a_batch_that_frees_what_it_meets(self, elsewhere: Elsewhere) -> None:
        top, good, better = (builders.running() for _ in range(3))
        # Made before the one that they wait for, as in a batch whose jobs come in any order.
        held, low, high = (JobRequest(type=builders.TYPE) for _ in range(3))
        held.dependencies = [high]
        low.dependencies, low.dependency_policy = [high, good], "cancel"
        high.dependencies, high.dependency_policy = [top, better], "cancel"
        held.dependency_policy = "cancel"
        services.enqueue_many([held, low, high])
        both = [builders.settlement(good), builders.settlement(better)]
        with transaction.atomic():
            moves.edit([held.id], {"priority": 1})
            down = elsewhere.begin_and_wait_for_us(lambda: builders.end(top, "failed"))
            across = elsewhere.begin_and_wait(lambda: settle(builders.WORKER, "1", both))
        assert across.result().moved == 2
        assert {job.id for job in down.result().cancelled} == {held.id, low.id, high.id}

    @pytest.mark.parametrize("verb", ["submit", "cancel"])
    def test_a_batch_and_a_verb_for_its_jobs_and_their_children_at_once(self, verb: str, elsewhere: Elsewhere) -> None:
        early = builders.running()
        held, child = child_of(early), child_of(early)
        late = builders.running()
        batch = [builders.settlement(early), builders.settlement(late)]
        verbs: dict[str, Callable[[], Any]] = {
            "submit": lambda: marked(child, late),
            "cancel": lambda: steer.cancel([child, late], Actor.shell()),
        }
        with transaction.atomic():
            moves.edit([held], {"priority": 1})
            settling = elsewhere.begin_and_wait_for_us(lambda: settle(builders.WORKER, "1", batch))
            other = elsewhere.begin_and_wait(verbs[verb])
        assert settling.result().moved == 2
        other.result()
        assert builders.state(late) == "succeeded"

    def test_a_cancel_takes_along_what_another_batch_frees(self, elsewhere: Elsewhere) -> None:
        top, good, better = builders.queued(), builders.running(), builders.running()
        held = child_of(top, policy="cancel")
        between = child_of(top, good, policy="cancel")
        far = child_of(better)
        both = [builders.settlement(good), builders.settlement(better)]
        with transaction.atomic():
            moves.edit([held], {"priority": 1})
            cancel = elsewhere.begin_and_wait_for_us(lambda: steer.cancel([top, far], Actor.shell()))
            settling = elsewhere.begin_and_wait(lambda: settle(builders.WORKER, "1", both))
        cancel.result()
        assert settling.result().moved == 2
        assert states(held, between, far) == ["cancelled"] * 3


PARENT_ENDS = {
    "success": ("running", lambda parent: builders.end(parent), {"block": "queued", "cancel": "queued"}),
    "failure": (
        "running",
        lambda parent: builders.end(parent, "failed"),
        {"block": "blocked", "cancel": "cancelled", "allow_failed": "queued"},
    ),
    "cancel": (
        "queued",
        lambda parent: moves.cancel([parent], "stop"),
        {"block": "blocked", "cancel": "cancelled", "allow_failed": "queued"},
    ),
}
CASES = [(name, policy, state) for name, (_, _, found) in PARENT_ENDS.items() for policy, state in found.items()]


@pytest.mark.django_db(transaction=True)
class TestAnEdgeIsAddedWhileTheParentEnds:
    @pytest.mark.parametrize(("end", "policy", "expected"), CASES)
    def test_the_edge_is_committed_first(self, end: str, policy: str, expected: str, elsewhere: Elsewhere) -> None:
        made_as, verb, _ = PARENT_ENDS[end]
        parent = getattr(builders, made_as)()
        with transaction.atomic():
            child = child_of(parent, policy=policy)
            other = elsewhere.begin_and_wait_for_us(lambda: verb(parent))
        freed = [job.id for job in other.result().ready]
        assert builders.state(child) == expected
        assert freed == ([child] if expected == "queued" else [])

    @pytest.mark.parametrize(("end", "policy", "expected"), CASES)
    def test_the_end_is_committed_first(self, end: str, policy: str, expected: str, elsewhere: Elsewhere) -> None:
        made_as, verb, _ = PARENT_ENDS[end]
        parent = getattr(builders, made_as)()
        with transaction.atomic():
            assert verb(parent).ready == []
            other = elsewhere.begin_and_wait_for_us(lambda: child_of(parent, policy=policy))
        assert builders.state(other.result()) == expected

    def test_the_edge_is_rolled_back(self, elsewhere: Elsewhere) -> None:
        parent = builders.running()
        with then_rolled_back():
            child_of(parent)
            other = elsewhere.begin_and_wait_for_us(lambda: builders.end(parent))
        assert other.result() == Settled(moved=1)
        assert (Job.objects.count(), Dependency.objects.count()) == (1, 0)

    def test_the_end_is_rolled_back(self, elsewhere: Elsewhere) -> None:
        parent = builders.running()
        with then_rolled_back():
            builders.end(parent)
            other = elsewhere.begin_and_wait_for_us(lambda: child_of(parent))
        child = other.result()
        assert builders.state(child) == "blocked"
        assert [job.id for job in builders.end(parent).ready] == [child]

    def test_an_expiry_leaves_a_parent_for_later_that_a_submit_holds(self, elsewhere: Elsewhere) -> None:
        parent = builders.queued(expires_in=0.0)
        with transaction.atomic():
            child = child_of(parent, policy="cancel")
            assert elsewhere.begin(lambda: moves.expire(100)).result().ended == []
        assert [job.id for job in moves.expire(100).ended] == [parent, child]

    def test_a_promotion_leaves_what_another_holds(self, elsewhere: Elsewhere) -> None:
        due, held = builders.scheduled(), builders.scheduled()
        for job_id in (due, held):
            builders.change(job_id, "run_at = now()")
        with transaction.atomic():
            moves.edit([held], {"priority": 1})
            promoted = elsewhere.begin(lambda: moves.promote(100)).result()
        assert [job.id for job in promoted] == [due]
        assert [job.id for job in moves.promote(100)] in ([], [held])
        assert builders.state(held) == "queued"
