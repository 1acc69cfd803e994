"""A connection is cut at the worst moment: a request never comes, or its answer never does. Both must mean the same."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from pytest_django import Settings

from jobs import services
from jobs.broker import Broker
from jobs.broker import broker as hot_path
from jobs.errors import StoreUnavailable
from jobs.models import DeadLetter, Dependency, IdempotencyKey, Job
from jobs.services import DependsOn, JobRequest, Submission
from jobs.services.rebuild import rebuild
from tests.acceptance import own
from tests.acceptance.proxy import Proxy, What
from tests.acceptance.system import System

pytestmark = pytest.mark.acceptance
EITHER: tuple[What, ...] = ("request", "reply")
REGISTER, QUEUES = b"insert into jobs_worker", b"from jobs_queue"
START, COMMIT, INSERT = b"set state = 'running'", b"COMMIT", b"insert into jobs_job"
CLAIM, PUSH = b"}:gates", b"}:lanes"


def test_when_a_worker_begins_it_is_registered_once_and_works(system: System, postgres: Proxy) -> None:
    for what, text in product(EITHER, (REGISTER, QUEUES)):
        fault = postgres.lose(what, text, times=2)
        job_id = services.enqueue("test.noop").id
        worker = system.worker("--burst", **postgres.environment)
        system.until_final(job_id)
        worker.popen.wait(30)
        assert fault.happened, (what, text)
        assert worker.popen.returncode == 0, (what, text)
        assert "Traceback" not in worker.text(), (what, text)
        assert worker.text().count(" slots, ") == 1, (what, text)


def test_at_a_start_no_attempt_is_begun_twice(system: System, postgres: Proxy) -> None:
    worker = system.worker(**postgres.environment)
    ids = []
    for what in EITHER:
        fault = postgres.lose(what, START, times=3)
        some = [services.enqueue("test.work", {"ledger": system.ledger()}).id for _ in range(5)]
        jobs = system.until_final(*some)
        assert fault.happened, what
        assert {(job.state, job.attempt, job.tries) for job in jobs} == {("succeeded", 1, 1)}, what
        ids += some
    assert sorted(line[1] for line in system.lines() if line[0] == "begin") == sorted(map(str, ids))
    assert "PostgreSQL does not answer, waiting" in worker.text()


def test_at_a_settle_no_outcome_is_written_twice_or_fenced(system: System, postgres: Proxy) -> None:
    system.scheduler()
    worker = system.worker(**postgres.environment)
    for what in EITHER:
        fault = postgres.lose(what, COMMIT, times=3)
        good, bad, again = JobRequest(type="test.work"), _failing(1), _failing(2)
        child = JobRequest(type="test.gather", dependencies=[DependsOn(good.id, "good")])
        services.enqueue_many([good, bad, again, child])
        jobs = system.until_final(good.id, bad.id, again.id, child.id)
        assert fault.happened, what
        assert [(job.state, job.attempt, job.tries) for job in jobs] == [
            ("succeeded", 1, 1),
            ("failed", 1, 1),
            ("failed", 2, 2),
            ("succeeded", 1, 1),
        ], what
        assert jobs[3].result == {"good": {"attempt": 1}}, what
        assert system.attempts(again.id) == [(1, "raised"), (2, "raised")], what
    assert DeadLetter.objects.count() == 4
    worker.popen.terminate()
    assert worker.wait() == 0
    assert "10 settled, 0 fenced" in worker.text()


def _failing(tries: int) -> JobRequest:
    return JobRequest(type="test.fails", max_attempts=tries)


def _one(what: What) -> list[JobRequest]:
    return [JobRequest(type="test.work")]


def _batch(what: What) -> list[JobRequest]:
    return [JobRequest(type="test.work") for _ in range(50)]


def _with_keys(what: What) -> list[JobRequest]:
    return [JobRequest(type="test.work", idempotency_key=f"{what}{number}") for number in range(5)]


def _with_dependencies(what: What) -> list[JobRequest]:
    parent = JobRequest(type="test.work")
    children = [JobRequest(type="test.gather", dependencies=[parent]) for _ in range(3)]
    return [parent, *children, JobRequest(type="test.gather", dependencies=list(children))]


def _with_both(what: What) -> list[JobRequest]:
    parent = JobRequest(type="test.work", idempotency_key=f"{what} parent")
    return [parent, JobRequest(type="test.gather", idempotency_key=f"{what} child", dependencies=[parent])]


SHAPES: list[tuple[Callable[[What], list[JobRequest]], bytes]] = [
    (_one, INSERT),
    (_batch, INSERT),
    (_with_keys, COMMIT),
    (_with_dependencies, COMMIT),
    (_with_both, COMMIT),
]


def test_at_a_submit_every_job_is_there_once(system: System, postgres: Proxy) -> None:
    # A queue that is whole in Redis, and no scheduler: nobody but the submit itself can tell Redis of the jobs.
    system.worker()
    system.until_final(services.enqueue("test.noop").id)
    made = []
    for what, (shape, text) in product(EITHER, SHAPES):
        requests = shape(what)
        fault = postgres.lose(what, text)
        with own.switched(HOST=str(postgres.path.parent), PORT=""):
            submissions = services.enqueue_many(requests)
        assert fault.happened, (what, shape)
        assert submissions == [Submission(request.id) for request in requests], (what, shape)
        made += requests
    assert Job.objects.count() == 1 + len(made)
    assert Dependency.objects.count() == sum(len(request.dependencies) for request in made)
    jobs = system.until_final(*[request.id for request in made])
    assert {(job.state, job.attempt, job.tries) for job in jobs} == {("succeeded", 1, 1)}


@pytest.mark.parametrize("key", [None, "k"])
def test_a_submit_that_never_hears_an_answer_says_so_and_may_be_repeated(
    system: System, postgres: Proxy, key: str | None
) -> None:
    request = JobRequest(type="test.work", idempotency_key=key)
    fault = postgres.lose("reply", COMMIT if key else INSERT, times=2)
    with own.switched(HOST=str(postgres.path.parent), PORT=""), pytest.raises(StoreUnavailable):
        services.enqueue_many([request])
    assert fault.happened
    # A caller repeats the request itself; a client over HTTP makes a new one with the same key.
    (again,) = services.enqueue_many([JobRequest(type="test.work", idempotency_key=key) if key else request])
    assert again == Submission(request.id, duplicate_suppressed=bool(key))
    system.scheduler()
    system.worker()
    (job,) = system.until_final(request.id)
    assert (job.state, job.attempt, Job.objects.count()) == ("succeeded", 1, 1)
    assert IdempotencyKey.objects.count() == (1 if key else 0)


@pytest.mark.parametrize("what", EITHER)
def test_at_a_claim_the_job_comes_back(system: System, broker: Broker, redis: Proxy, what: What) -> None:
    job_id = services.enqueue("test.work").id
    assert rebuild(broker, "default")
    fault = redis.lose(what, CLAIM)
    system.scheduler()
    worker = system.worker(**redis.environment)
    (job,) = system.until_final(job_id)
    assert fault.happened
    assert (job.state, job.attempt, job.tries) == ("succeeded", 1, 1)
    assert worker.popen.poll() is None


def test_at_a_push_the_submit_succeeds_and_the_job_runs_once(system: System, redis: Proxy, settings: Settings) -> None:
    system.scheduler()
    system.worker()
    system.until_final(services.enqueue("test.noop").id)
    settings.FLOWBIT = replace(settings.FLOWBIT, redis_url=redis.environment["REDIS_URL"])
    ids = []
    for what in EITHER:
        fault = redis.lose(what, PUSH)
        try:
            some = [services.enqueue("test.work", {"ledger": system.ledger()}).id for _ in range(3)]
        finally:
            hot_path._shared_breaker.cache_clear()
            hot_path._submit_broker.cache_clear()
        assert fault.happened, what
        jobs = system.until_final(*some)
        assert {(job.state, job.attempt, job.tries) for job in jobs} == {("succeeded", 1, 1)}, what
        ids += some
    assert sorted(system.said("begin")) == sorted((str(job_id), 1) for job_id in ids)
