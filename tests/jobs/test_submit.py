import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from jobs import services
from jobs.broker import Broker
from jobs.broker import broker as hot_path
from jobs.conf import options
from jobs.envelope import DependsOn, JobRequest
from jobs.errors import BrokerUnavailable, Invalid, KeyReused, UnknownType
from jobs.models import Dependency, IdempotencyKey, Job, Queue
from jobs.retry import RetryPolicy
from jobs.scheduler.reconciler import Reconciler
from jobs.services.submit import Submission
from jobs.store import insert
from tests.jobs import builders
from tests.sample.handlers import letter

in_a_transaction = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


def nothing_is_stored() -> bool:
    return not any(model.objects.exists() for model in (Job, Dependency, IdempotencyKey))


def refused(call: Callable[[], object]) -> dict[str, list[str]]:
    """The fields that a submit complains about, after a look that it left nothing behind."""
    with pytest.raises(Invalid) as refusal:
        call()
    assert nothing_is_stored()
    return refusal.value.details


def row(submission: Submission, *names: str) -> tuple[Any, ...]:
    return tuple(builders.row(submission.id)[name] for name in names)


@committed
def test_a_submitted_job_is_queued_and_known_to_redis(broker: Broker) -> None:
    submission = services.enqueue("test.anything", {"message": "hello"})
    assert submission == Submission(submission.id, duplicate_suppressed=False, warnings=())
    assert row(submission, "state", "type", "queue", "payload") == (
        "queued",
        "test.anything",
        "default",
        {"message": "hello"},
    )
    assert broker.lanes("default") == {"test.anything": 1}


@in_a_transaction
class TestWhatIsStored:
    def test_the_handlers_defaults(self) -> None:
        submission = services.enqueue("test.letter", {"recipient": "ada"})
        names = ("queue", "timeout", "max_attempts", "retry_policy", "schema_version")
        policy = RetryPolicy("constant", initial_delay=1.0).as_json()
        assert row(submission, *names) == ("letters", 10.0, 5, policy, 2)

    def test_the_projects_defaults(self) -> None:
        submission = services.enqueue("test.noop")
        names = ("queue", "priority", "timeout", "max_attempts", "retry_policy", "schema_version")
        assert row(submission, *names) == ("default", 5, 300.0, 3, None, 1)

    def test_what_the_request_says(self) -> None:
        workflow, parent = uuid4(), uuid4()
        at = datetime(2080, 1, 1, tzinfo=UTC)
        submission = services.enqueue(
            "test.letter",
            {"recipient": "ada"},
            queue="slow",
            tenant_id="acme",
            owner_id=7,
            priority=0,
            run_at=at,
            timeout="1m",
            max_attempts=1,
            retry_policy={"policy": "linear"},
            expires_in="1h",
            schema_version=2,
            tags=["red", "a:b@c/d-e"],
            step="first",
            workflow_id=workflow,
            parent_job_id=parent,
            backend_data={"priority": -30},
            idempotency_key="k 1",
        )
        found = builders.row(submission.id)
        expected = {
            "state": "scheduled",
            "queue": "slow",
            "tenant_id": "acme",
            "owner_id": 7,
            "priority": 0,
            "run_at": at,
            "timeout": 60.0,
            "max_attempts": 1,
            "retry_policy": RetryPolicy("linear", initial_delay=1.0).as_json(),
            "expires_at": found["created_at"] + timedelta(hours=1),
            "tags": ["red", "a:b@c/d-e"],
            "step": "first",
            "workflow_id": workflow,
            "parent_job_id": parent,
            "backend_data": {"priority": -30},
            "idempotency_key": "k 1",
        }
        assert {name: found[name] for name in expected} == expected

    def test_camel_case_is_stored_as_the_functions_own_names(self) -> None:
        submission = services.enqueue("test.letter", {"recipient": "ada", "pageCount": 3})
        assert submission.warnings == ()
        assert row(submission, "payload") == ({"recipient": "ada", "page_count": 3},)

    def test_unknown_keys_are_kept_and_warned_about(self) -> None:
        submission = services.enqueue("test.letter", {"recipient": "ada", "zip": 1, "colour": "red"})
        assert submission.warnings == [
            "payload.colour: unknown to test.letter, kept as it is",
            "payload.zip: unknown to test.letter, kept as it is",
        ]
        assert row(submission, "payload") == ({"recipient": "ada", "zip": 1, "colour": "red"},)

    def test_a_handler_that_takes_anything_warns_of_nothing(self) -> None:
        assert services.enqueue("test.anything", {"zip": 1}).warnings == ()

    def test_an_alias_is_stored_as_the_type(self) -> None:
        assert row(services.enqueue("test.post", {"recipient": "ada"}), "type") == ("test.letter",)

    def test_a_delay_is_counted_from_the_clock_of_postgresql(self) -> None:
        earliest = builders.now()
        submission = services.enqueue("test.noop", delay="90s")
        state, run_at = row(submission, "state", "run_at")
        assert state == "scheduled"
        assert earliest <= run_at - timedelta(seconds=90) <= builders.now()

    @pytest.mark.parametrize("delay", [0, 0.0, "0s"])
    def test_no_delay_is_at_once(self, delay: object) -> None:
        assert row(services.enqueue("test.noop", delay=delay), "state") == ("queued",)

    def test_a_queue_gets_its_row(self) -> None:
        services.enqueue("test.noop", queue="never.heard-of_before")
        assert Queue.objects.filter(name="never.heard-of_before", mode="open").exists()

    def test_no_requests_are_no_jobs(self) -> None:
        assert services.enqueue_many([]) == []

    def test_a_batch_is_stored_in_the_order_asked(self) -> None:
        requests = [JobRequest(type="test.noop", payload={"n": n}) for n in range(50)]
        submissions = services.enqueue_many(requests)
        assert [one.id for one in submissions] == [one.id for one in requests]
        assert [job.payload["n"] for job in Job.objects.order_by("id")] == list(range(50))

    def test_a_handler_submits_itself_with_options(self) -> None:
        submission = letter.using(priority=9, queue="urgent").enqueue(recipient="ada")
        assert row(submission, "type", "priority", "queue") == ("test.letter", 9, "urgent")
        made = letter.enqueue_many([{"recipient": name} for name in ("ada", "bob")])
        assert [row(one, "payload")[0]["recipient"] for one in made] == ["ada", "bob"]

    def test_the_same_id_twice_is_one_job(self) -> None:
        job_id = builders.queued()
        assert services.enqueue("test.noop", {"n": 2}, id=job_id).id == job_id
        assert builders.row(job_id)["payload"] == {}


PAYLOADS: dict[str, tuple[Any, str]] = {
    "no object": ([1, 2], "payload"),
    "a text": ("text", "payload"),
    "a missing field": ({}, "payload.recipient"),
    "a wrong type": ({"recipient": 5}, "payload.recipient"),
    "a wrong type by its other name": ({"recipient": "ada", "pageCount": "many"}, "payload.pageCount"),
    "NUL": ({"recipient": "a\0b"}, "payload.recipient"),
    "NUL in a key": ({"recipient": "ada", "a\0b": 1}, "payload"),
    "NUL deep inside": ({"recipient": "ada", "more": [{"name": "\0"}]}, "payload.more[0].name"),
    "a lone surrogate": ({"recipient": "\ud800"}, "payload.recipient"),
    "a lone surrogate in a key": ({"recipient": "ada", "\udfff": 1}, "payload"),
    "NaN": ({"recipient": "ada", "more": math.nan}, "payload.more"),
    "infinity": ({"recipient": "ada", "more": [1.0, -math.inf]}, "payload.more[1]"),
    "a huge number": ({"recipient": "ada", "more": 2**64}, "payload.more"),
    "a huge negative number": ({"recipient": "ada", "more": -(2**63) - 1}, "payload.more"),
    "a huge number where a number belongs": ({"recipient": "ada", "page_count": 10**400}, "payload.page_count"),
    "no JSON": ({"recipient": "ada", "more": {1, 2}}, "payload"),
    "bytes": ({"recipient": b"ada"}, "payload"),
    "too large": ({"recipient": "x" * 300_000}, "payload"),
}


def nested(depth: int, inside: object = 1) -> dict[str, Any]:
    value = inside
    for _ in range(depth):
        value = [value]
    return {"recipient": "ada", "more": value}


ENVELOPES: list[tuple[str, Any]] = [
    ("queue", "No"),
    ("queue", "a b"),
    ("queue", "-a"),
    ("queue", ".a"),
    ("queue", "a\n"),
    ("queue", "a\0"),
    ("queue", "ü"),
    ("queue", "{a}"),
    ("queue", "x" * 65),
    ("queue", 7),
    ("priority", -1),
    ("priority", 11),
    ("priority", True),
    ("priority", "5"),
    ("priority", 5.0),
    ("priority", None),
    ("priority", 2**70),
    ("delay", -1),
    ("delay", "-1s"),
    ("delay", "soon"),
    ("delay", math.nan),
    ("delay", math.inf),
    ("delay", 10**400),
    ("delay", True),
    ("delay", "11y"),
    ("run_at", datetime(2030, 1, 1)),  # noqa: DTZ001 - a time without its zone is the case
    ("run_at", datetime.max.replace(tzinfo=UTC)),
    ("run_at", datetime(1999, 1, 1, tzinfo=UTC)),
    ("run_at", "2030-01-01T00:00:00Z"),
    ("timeout", 0),
    ("timeout", -1),
    ("timeout", "8d"),
    ("timeout", True),
    ("timeout", "never"),
    ("max_attempts", 0),
    ("max_attempts", 1001),
    ("max_attempts", True),
    ("max_attempts", 2.0),
    ("retry_policy", []),
    ("retry_policy", {"policy": "often"}),
    ("retry_policy", {"tries": 5}),
    ("retry_policy", {"factor": 0.5}),
    ("retry_policy", {"initial_delay": -1}),
    ("retry_policy", {"jitter": True}),
    ("retry_policy", {"jitter": math.nan}),
    ("expires_in", -1),
    ("expires_in", "later"),
    ("schema_version", 7),
    ("schema_version", True),
    ("tenant_id", "a b"),
    ("tenant_id", "x" * 129),
    ("tenant_id", 7),
    ("step", ""),
    ("step", "a\0"),
    ("tags", "red"),
    ("tags", ["a b"]),
    (
        "tags",
        ['"'],
    ),
    ("tags", [7]),
    ("tags", ["x"] * 21),
    ("tags", 7),
    ("idempotency_key", ""),
    ("idempotency_key", "x" * 256),
    ("idempotency_key", "ü"),
    ("idempotency_key", "a\nb"),
    ("idempotency_key", 7),
    ("dedupe_window", -1),
    ("dedupe_window", "always"),
    ("dependency_policy", "hope"),
    ("dependency_policy", 7),
    ("backend_data", {"a": "\0"}),
    ("backend_data", {"a": math.nan}),
]


@in_a_transaction
class TestWhatIsRefused:
    @pytest.mark.parametrize("type_", ["no.such", "", "\0", "\ud800", "x" * 10_000, None, 7])
    def test_an_unknown_type(self, type_: Any) -> None:
        with pytest.raises(UnknownType) as refusal:
            services.enqueue(type_)
        assert refusal.value.details == {"type": ["unknown type"]}
        assert len(refusal.value.message) < 500
        refusal.value.message.encode()
        assert nothing_is_stored()

    @pytest.mark.parametrize(("payload", "field"), PAYLOADS.values(), ids=PAYLOADS.keys())
    def test_a_wrong_payload_with_its_field_named(self, payload: Any, field: str) -> None:
        details = refused(lambda: services.enqueue("test.letter", payload))
        assert list(details) == [field]
        assert all(problem for problem in details[field])

    @pytest.mark.parametrize("depth", [201, 260, 5_000, 100_000])
    def test_a_payload_that_is_nested_too_deep(self, depth: int) -> None:
        details = refused(lambda: services.enqueue("test.letter", nested(depth)))
        (field,) = details
        assert field.startswith("payload")
        assert "nested" in details[field][0]

    def test_a_payload_that_holds_itself(self) -> None:
        payload: dict[str, Any] = {"recipient": "ada"}
        payload["more"] = payload
        assert "nested" in str(refused(lambda: services.enqueue("test.letter", payload)))

    def test_what_is_just_deep_enough_is_stored(self) -> None:
        payload = nested(150)
        assert row(services.enqueue("test.letter", payload), "payload") == (payload,)

    @pytest.mark.parametrize(("field", "value"), ENVELOPES, ids=lambda value: repr(value)[:40])
    def test_a_wrong_field_by_its_name(self, field: str, value: Any) -> None:
        details = refused(lambda: services.enqueue("test.noop", {}, **{field: value}))
        assert list(details) == [field]

    def test_everything_that_is_wrong_at_once(self) -> None:
        details = refused(
            lambda: services.enqueue("test.noop", priority=99, queue="NO", delay=-1, tags=["a b"], timeout=0)
        )
        assert set(details) == {"priority", "queue", "delay", "tags", "timeout"}

    def test_the_payload_among_them(self) -> None:
        details = refused(lambda: services.enqueue("test.letter", {}, priority=77, queue="A b"))
        assert {name.partition(".")[0] for name in details} == {"payload", "priority", "queue"}

    def test_a_delay_and_a_time(self) -> None:
        at = datetime(2080, 1, 1, tzinfo=UTC)
        assert "delay" in refused(lambda: services.enqueue("test.noop", delay=5, run_at=at))

    def test_too_many_dependencies(self) -> None:
        most = options().max_dependencies
        parents = [UUID(int=number) for number in range(most + 1)]
        assert refused(lambda: services.enqueue("test.noop", dependencies=parents)) == {
            "dependencies": [f"at most {most}"]
        }

    @pytest.mark.parametrize(
        ("dependency", "field"),
        [
            (DependsOn(UUID(int=1), label="a b"), "dependencies[0].label"),
            (DependsOn(UUID(int=1), policy="hope"), "dependencies[0].policy"),
        ],
    )
    def test_a_wrong_dependency_by_its_place(self, dependency: DependsOn, field: str) -> None:
        assert list(refused(lambda: services.enqueue("test.noop", dependencies=[dependency]))) == [field]

    def test_in_a_batch_the_place_of_the_field_and_nothing_of_the_others(self) -> None:
        requests = [JobRequest(type="test.letter", payload={"recipient": "ada"}) for _ in range(5)]
        requests[3].payload = {"recipient": 7}
        assert list(refused(lambda: services.enqueue_many(requests))) == ["jobs[3].payload.recipient"]
        requests[3] = JobRequest(type="test.noop", priority=99, delay="x")
        assert set(refused(lambda: services.enqueue_many(requests))) == {"jobs[3].priority", "jobs[3].delay"}

    def test_in_a_batch_an_unknown_type_stays_one(self) -> None:
        requests = [JobRequest(type="test.noop"), JobRequest(type="no.such")]
        with pytest.raises(UnknownType) as refusal:
            services.enqueue_many(requests)
        assert list(refusal.value.details) == ["jobs[1].type"]
        assert nothing_is_stored()

    def test_too_large_a_batch(self) -> None:
        most = options().max_batch
        requests = [JobRequest(type="test.noop")] * (most + 1)
        assert refused(lambda: services.enqueue_many(requests)) == {"jobs": [f"at most {most} in a batch"]}


@in_a_transaction
class TestIdempotency:
    def test_a_repeat_gets_the_first_job(self) -> None:
        first = services.enqueue("test.noop", {"n": 1}, idempotency_key="k")
        again = services.enqueue("test.noop", {"n": 1}, idempotency_key="k")
        assert again == Submission(first.id, duplicate_suppressed=True)
        assert Job.objects.count() == 1

    @pytest.mark.parametrize(
        "other",
        [{"payload": {"n": 2}}, {"payload": {}}, {"queue": "other"}, {"priority": 6}, {"delay": 5}],
        ids=repr,
    )
    def test_another_request_with_the_same_key_is_refused(self, other: dict[str, Any]) -> None:
        services.enqueue("test.noop", {"n": 1}, idempotency_key="k")
        with pytest.raises(KeyReused) as refusal:
            services.enqueue(**{"type": "test.noop", "payload": {"n": 1}, "idempotency_key": "k", **other})
        assert list(refusal.value.details) == ["idempotency_key"]
        assert Job.objects.count() == 1

    def test_the_order_of_keys_is_no_difference(self) -> None:
        first = services.enqueue("test.anything", {"a": {"x": 1, "y": 2}, "b": 2}, idempotency_key="k")
        again = services.enqueue("test.anything", {"b": 2, "a": {"y": 2, "x": 1}}, idempotency_key="k")
        assert again.id == first.id

    def test_keys_that_only_look_alike_inside_a_payload_are_no_trouble(self) -> None:
        payload = {"a": {1: 1, "1": "one"}}
        first = services.enqueue("test.anything", payload, idempotency_key="k")
        assert services.enqueue("test.anything", payload, idempotency_key="k").id == first.id

    def test_the_scope_is_tenant_and_type(self) -> None:
        same = {"idempotency_key": "k"}
        made = [
            services.enqueue("test.noop", **same),
            services.enqueue("test.anything", **same),
            services.enqueue("test.noop", tenant_id="acme", **same),
            services.enqueue("test.noop", tenant_id="globex", **same),
        ]
        assert len({one.id for one in made}) == 4
        assert not any(one.duplicate_suppressed for one in made)

    def test_an_alias_is_the_same_type(self) -> None:
        first = services.enqueue("test.letter", {"recipient": "a"}, idempotency_key="k")
        with pytest.raises(KeyReused):
            services.enqueue("test.post", {"recipient": "b"}, idempotency_key="k")
        assert Job.objects.get().id == first.id

    def test_a_key_is_free_after_its_window(self) -> None:
        first = services.enqueue("test.noop", {"n": 1}, idempotency_key="k", dedupe_window="1h")
        key = IdempotencyKey.objects.get()
        found = builders.row(first.id)["created_at"] + timedelta(hours=1)
        assert abs((key.expires_at - found).total_seconds()) < 5
        IdempotencyKey.objects.update(expires_at=builders.now())
        second = services.enqueue("test.noop", {"n": 2}, idempotency_key="k")
        assert (second.duplicate_suppressed, Job.objects.count()) == (False, 2)
        assert IdempotencyKey.objects.get().job_id == second.id != first.id

    def test_a_window_of_nothing_holds_nobody_up(self) -> None:
        made = {services.enqueue("test.noop", idempotency_key="k", dedupe_window=0).id for _ in range(3)}
        assert len(made) == 3

    @pytest.mark.parametrize("how", ["succeeded", "failed", "cancelled"])
    def test_a_key_holds_whatever_became_of_its_job(self, how: str) -> None:
        first = services.enqueue("test.noop", idempotency_key="k")
        builders.begin(first.id)
        builders.end(first.id, how)
        assert services.enqueue("test.noop", idempotency_key="k") == Submission(first.id, duplicate_suppressed=True)

    def test_repeats_within_a_batch_are_the_first_of_it(self) -> None:
        requests = [JobRequest(type="test.noop", idempotency_key="ab"[number % 2]) for number in range(6)]
        submissions = services.enqueue_many([JobRequest(type="test.noop"), *requests])
        first, second = requests[0].id, requests[1].id
        assert [one.id for one in submissions[1:]] == [first, second] * 3
        assert [one.duplicate_suppressed for one in submissions] == [False] * 3 + [True] * 4
        assert Job.objects.count() == 3

    def test_different_requests_with_one_key_in_a_batch_are_refused_whole(self) -> None:
        requests = [JobRequest(type="test.noop", payload={"n": n}, idempotency_key="k") for n in range(2)]
        with pytest.raises(KeyReused):
            services.enqueue_many(requests)
        assert nothing_is_stored()

    def test_a_child_of_a_repeat_waits_for_the_first_job(self) -> None:
        first = services.enqueue("test.noop", idempotency_key="k")
        repeat = JobRequest(type="test.noop", idempotency_key="k")
        child = JobRequest(type="test.noop", dependencies=[repeat])
        services.enqueue_many([repeat, child])
        assert [edge["parent_id"] for edge in builders.edges(child.id)] == [first.id]

    def test_a_refused_request_takes_no_key(self) -> None:
        with pytest.raises(Invalid):
            services.enqueue("test.noop", {"n": "x"}, idempotency_key="k")
        assert not services.enqueue("test.noop", {"n": 1}, idempotency_key="k").duplicate_suppressed


@committed
class TestIdempotencyAtTheSameMoment:
    def test_fifty_submits_with_one_key_are_one_job(self, broker: Broker) -> None:
        barrier = threading.Barrier(50)

        def submit() -> Submission:
            barrier.wait()
            try:
                return services.enqueue("test.noop", {"n": 1}, idempotency_key="k")
            finally:
                connection.close()

        with ThreadPoolExecutor(50) as pool:
            found = [future.result() for future in [pool.submit(submit) for _ in range(50)]]
        (job_id,) = Job.objects.values_list("id", flat=True)
        assert {one.id for one in found} == {job_id}
        assert sorted(one.duplicate_suppressed for one in found) == [False] + [True] * 49
        assert broker.lanes("default") == {"test.noop": 1}

    def test_batches_that_share_keys_in_any_order_agree_and_do_not_deadlock(self, broker: Broker) -> None:
        barrier = threading.Barrier(8)
        keys = [f"k{number}" for number in range(30)]

        def submit(turned: bool) -> dict[str, UUID]:
            order = keys[::-1] if turned else keys
            barrier.wait()
            try:
                found = services.enqueue_many([JobRequest(type="test.noop", idempotency_key=key) for key in order])
            finally:
                connection.close()
            return {key: one.id for key, one in zip(order, found, strict=True)}

        with ThreadPoolExecutor(8) as pool:
            found = [future.result() for future in [pool.submit(submit, bool(n % 2)) for n in range(8)]]
        assert all(one == found[0] for one in found)
        assert Job.objects.count() == 30

    def test_a_winner_that_rolls_back_leaves_the_key_to_the_next(self, broker: Broker) -> None:
        with ThreadPoolExecutor(1) as pool:

            def submit() -> Submission:
                try:
                    return services.enqueue("test.noop", idempotency_key="k")
                finally:
                    connection.close()

            with transaction.atomic():
                services.enqueue("test.noop", idempotency_key="k")
                other = pool.submit(submit)
                with connection.cursor() as cursor:
                    waiting = 0
                    while not waiting and not other.done():
                        cursor.execute("select count(*) from pg_locks where not granted")
                        waiting = cursor.fetchone()[0]
                transaction.set_rollback(True)
            assert other.result().duplicate_suppressed is False
        assert Job.objects.get().id == other.result().id


@committed
class TestTheCallersTransaction:
    def test_a_commit_brings_the_job_and_tells_redis_only_then(self, broker: Broker) -> None:
        with transaction.atomic():
            submission = services.enqueue("test.noop", queue="inside")
            assert broker.lanes("inside") == {}
        assert builders.state(submission.id) == "queued"
        assert broker.lanes("inside") == {"test.noop": 1}

    @pytest.mark.parametrize("more", [{}, {"idempotency_key": "k"}])
    def test_a_rollback_takes_the_job_along_and_pushes_nothing(self, broker: Broker, more: dict[str, str]) -> None:
        with pytest.raises(LookupError), transaction.atomic():
            services.enqueue("test.noop", queue="inside", **more)
            raise LookupError
        assert nothing_is_stored()
        assert broker.lanes("inside") == {}
        # The queue's row went with it, and must not be remembered as made.
        services.enqueue("test.noop", queue="inside", **more)
        assert Queue.objects.filter(name="inside").exists()

    def test_a_savepoint_that_is_rolled_back_takes_its_job_along(self, broker: Broker) -> None:
        with transaction.atomic():
            kept = services.enqueue("test.noop", queue="inside")
            with pytest.raises(LookupError), transaction.atomic():
                services.enqueue("test.noop", queue="inside")
                raise LookupError
        assert [job.id for job in Job.objects.all()] == [kept.id]
        assert broker.lanes("inside") == {"test.noop": 1}

    def test_a_refused_submit_leaves_the_callers_transaction_usable(self, broker: Broker) -> None:
        with transaction.atomic():
            first = services.enqueue("test.noop", idempotency_key="k")
            with pytest.raises(KeyReused):
                services.enqueue("test.noop", {"n": 2}, idempotency_key="k")
            with pytest.raises(Invalid):
                services.enqueue("test.noop", dependencies=[uuid4()])
            second = services.enqueue("test.noop")
        assert {job.id for job in Job.objects.all()} == {first.id, second.id}

    def test_what_waits_is_not_pushed(self, broker: Broker) -> None:
        parent = services.enqueue("test.noop")
        services.enqueue("test.noop", delay="1h")
        services.enqueue("test.noop", dependencies=[parent.id])
        assert broker.lanes("default") == {"test.noop": 1}


@pytest.fixture
def redis_is_away(settings: Settings) -> Iterator[None]:
    with builders.redis_away(settings):
        yield


@committed
@pytest.mark.usefixtures("broker", "redis_is_away")
class TestRedisIsAway:
    def test_submits_succeed(self) -> None:
        insert.add_queues(["default"])
        made = [services.enqueue("test.noop").id for _ in range(20)]
        assert set(Job.objects.filter(state="queued").values_list("id", flat=True)) == set(made)

    def test_the_reconciler_pushes_them_later(self, broker: Broker) -> None:
        insert.add_queues(["default"])
        made = [services.enqueue("test.noop", priority=number % 11).id for number in range(20)]
        token = broker.begin_rebuild("default")
        assert token
        broker.finish_rebuild("default", token)
        assert broker.lanes("default") == {}
        conf = replace(options(), reconcile_grace=0.0)
        assert Reconciler(conf, broker).run_once() == 20
        claim = broker.claim("default", {"test.noop": 1.0}, most=100, budget=100, seconds=5)
        assert set(builders.ids(claim)) == set(made)

    def test_the_callers_transaction_is_unharmed(self) -> None:
        with transaction.atomic():
            submission = services.enqueue("test.noop")
        assert builders.state(submission.id) == "queued"

    def test_after_one_failure_nobody_asks_again_for_a_while(self) -> None:
        services.enqueue("test.noop")
        with pytest.raises(BrokerUnavailable, match="does not answer$"):
            hot_path.submit_broker().ping()
