"""Jobs in real worker processes: they run, fail, retry, report and end as they say."""

import re
from collections import Counter

import psutil
import pytest
from django.core.management import CommandError, call_command, get_commands

from jobs import services
from jobs.broker import submit_broker
from jobs.models import Attempt, DeadLetter, Job
from tests.acceptance.system import System

pytestmark = pytest.mark.acceptance


def test_jobs_of_both_kinds_run_to_their_end_and_hand_their_results_on(system: System) -> None:
    system.worker()
    ids = [services.enqueue(kind, {"seconds": 0.05}).id for kind in ("test.work", "test.work_async") for _ in range(20)]
    left = services.JobRequest(type="test.noop", payload={"n": 1})
    right = services.JobRequest(type="test.noop", payload={"n": 2})
    wait = [services.DependsOn(left.id, "left"), services.DependsOn(right.id)]
    both = services.JobRequest(type="test.gather", dependencies=wait)
    both_async = services.JobRequest(type="test.gather_async", dependencies=wait)
    services.enqueue_many([left, right, both, both_async])
    jobs = system.until_final(*ids)
    assert {(job.state, job.attempt, job.tries) for job in jobs} == {("succeeded", 1, 1)}
    assert all(system.attempts(job_id) == [(1, "succeeded")] for job_id in ids)
    gathered = system.until_final(both.id, both_async.id)
    assert [job.result for job in gathered] == [{"left": 1, "test.noop": 2}] * 2


def test_a_failing_job_is_retried_and_then_dead_lettered_with_its_traceback(system: System) -> None:
    system.scheduler()
    system.worker()
    lucky = services.enqueue("test.fails", {"times": 1}).id
    unlucky = services.enqueue("test.fails", {"message": "order 17 is gone"}).id
    first, second = system.until_final(lucky, unlucky)
    assert (first.state, first.tries, first.result) == ("succeeded", 2, 2)
    assert (second.state, second.tries, second.last_error) == ("failed", 3, "order 17 is gone")
    assert system.attempts(unlucky) == [(1, "raised"), (2, "raised"), (3, "raised")]
    letter = DeadLetter.objects.get(job_id=unlucky)
    assert (letter.error_type, letter.tries) == ("ValueError", 3)
    assert not DeadLetter.objects.filter(job_id=lucky).exists()
    frame = Attempt.objects.get(job_id=unlucky, number=3).traceback[-1]
    assert (frame["function"], frame["code"]) == ("fails", "raise ValueError(message)")
    assert frame["locals"]["message"] == "'order 17 is gone'"
    assert frame["locals"]["password"] == "********"


def test_a_handler_may_say_how_it_ends(system: System) -> None:
    system.scheduler()
    system.worker()
    ids = {word: services.enqueue("test.says", {"what": word}).id for word in ("retry", "snooze", "cancel", "discard")}
    jobs = dict(zip(ids, system.until_final(*ids.values()), strict=True))
    assert {word: (job.state, job.tries, system.attempts(job.id)) for word, job in jobs.items()} == {
        "retry": ("succeeded", 2, [(1, "raised"), (2, "succeeded")]),
        "snooze": ("succeeded", 1, [(1, "snoozed"), (2, "succeeded")]),
        "cancel": ("cancelled", 1, [(1, "cancelled")]),
        "discard": ("failed", 1, [(1, "raised")]),
    }


def test_progress_and_log_lines_are_seen(system: System) -> None:
    system.worker()
    gate = system.folder / "gate"
    job_id = services.enqueue("test.tells", {"gate": str(gate)}).id
    system.until(lambda: Job.objects.filter(pk=job_id, progress=0.4, progress_note="resizing").exists(), "progress")
    gate.touch()
    system.until_final(job_id)
    ((_seconds, level, text),) = Attempt.objects.get(job_id=job_id).logs
    assert (level, text) == ("warning", "resizing")


def returned(system: System, *what: str) -> dict[str, Job]:
    """Jobs that return something odd, and have ended, by what that is."""
    ids = {one: services.enqueue("test.returns", {"what": one}).id for one in what}
    return dict(zip(ids, system.until_final(*ids.values()), strict=True))


def test_odd_results_are_mended_or_moved_or_refused_with_a_reason(system: System) -> None:
    system.worker()
    kept = returned(system, "nan", "nul", "surrogate", "huge", "large")
    assert {what: (job.state, job.result) for what, job in kept.items()} == {
        "nan": ("succeeded", {"value": None}),
        "nul": ("succeeded", "a\ufffdb"),
        "surrogate": ("succeeded", "a?b"),
        "huge": ("succeeded", str(10**30)),
        "large": ("succeeded", None),
    }
    assert str(kept["large"].artifact).startswith(f"results/{kept['large'].id}/")
    refused = returned(system, "object", "deep")
    assert {what: (job.state, job.last_error[:6]) for what, job in refused.items()} == {
        "object": ("failed", "result"),
        "deep": ("failed", "result"),
    }


def test_one_result_in_a_thousand_that_postgresql_refuses_fails_alone(system: System) -> None:
    requests = [services.JobRequest(type="test.noop", payload={"n": number}) for number in range(999)]
    requests.insert(500, services.JobRequest(type="test.returns", payload={"what": "broken"}))
    services.enqueue_many(requests)
    worker = system.worker()
    system.until(lambda: Job.objects.final().count() == 1000, "all end")
    assert Job.objects.filter(state="succeeded", attempt=1).count() == 999
    (broken,) = Job.objects.filter(state="failed")
    assert broken.id == requests[500].id
    assert broken.last_error == "its outcome cannot be stored (DataError)"
    assert system.attempts(broken.id) == [(1, "raised")]
    assert DeadLetter.objects.get().job_id == broken.id
    assert worker.popen.poll() is None


@pytest.mark.parametrize("kind", ["test.work", "test.work_async"])
def test_a_type_that_becomes_slow_at_once_is_not_claimed_and_given_back_over_and_over(
    system: System, kind: str
) -> None:
    system.worker("--concurrency", "4")
    system.until_final(*[services.enqueue(kind).id for _ in range(200)])
    slow = services.enqueue_many([services.JobRequest(type=kind, payload={"seconds": 2}) for _ in range(80)])
    system.until(lambda: Job.objects.final().count() >= 208, "two rounds of slow ones have ended", seconds=60)
    assert Attempt.objects.filter(outcome="released").count() < 3 * len(slow)


def test_wild_handlers_do_not_hurt_their_worker(system: System) -> None:
    worker = system.worker()
    exits = services.enqueue("test.exit", max_attempts=1).id
    forks = services.enqueue("test.fork", {"ledger": system.ledger()}).id
    floods = services.enqueue("test.flood").id
    forks_async = services.enqueue("test.fork_async", {"ledger": system.ledger("async")}).id
    others = [services.enqueue(name).id for name in ("test.careless", "test.misspeaks", "test.stops_loop")]
    after = services.enqueue("test.noop", {"n": 7}).id
    jobs = system.until_final(exits, forks, floods, forks_async, after, *others)
    assert [(job.state, job.attempt) for job in jobs] == [("failed", 1)] + [("succeeded", 1)] * 7
    assert Attempt.objects.get(job_id=exits).error_type == "SystemExit"
    assert (jobs[1].result, system.attempts(forks)) == (1, [(1, "succeeded")])
    assert jobs[3].result == 1
    (copy,) = [psutil.Process(int(line[1])) for line in system.lines("async")]
    system.until(lambda: copy.status() == psutil.STATUS_ZOMBIE, "the copy ends")
    assert len(Attempt.objects.get(job_id=floods).logs) <= 201
    assert worker.popen.poll() is None
    assert "died" not in worker.text()


def test_jobs_by_an_earlier_name_of_their_type_are_run(system: System) -> None:
    job_id = services.enqueue("test.letter", {"recipient": "Ada"}).id
    Job.objects.filter(pk=job_id).update(type="test.post")
    submit_broker().flush()  # the next worker tells Redis what there is
    assert system.worker("--types", "test.letter", "--burst").wait() == 0
    assert Job.objects.get(pk=job_id).state == "succeeded"


def test_our_runworker_wins_over_the_one_of_channels() -> None:
    assert get_commands()["runworker"] == "jobs"


BAD_FLAGS = {
    "--queues=UPPER": "queue 'UPPER'",
    "--queues=default:0": "the share of queue 'default'",
    "--types=no.such": "no handler is registered for no.such",
    "--max-memory=lots": "'lots' is not a size",
    "--grace=soon": "is not a duration",
    "--concurrency=0": "must be at least 1",
    "--max-jobs=-1": "--max-jobs",
    "--log-level=loud": "--log-level",
}


@pytest.mark.parametrize("flag", BAD_FLAGS)
def test_a_bad_flag_is_told_in_a_sentence(flag: str) -> None:
    with pytest.raises(CommandError, match=re.escape(BAD_FLAGS[flag])):
        call_command("runworker", flag, "--burst")


def test_a_process_that_is_given_one_says_so_and_ends(system: System) -> None:
    worker = system.worker("--grace", "soon", "--burst")
    assert worker.wait() == 1
    assert BAD_FLAGS["--grace=soon"] in worker.text()
    assert "Traceback" not in worker.text()


def test_only_the_named_types_and_queues_are_taken(system: System) -> None:
    here = services.enqueue("test.noop", {"n": 1}, queue="a").id
    other_queue = services.enqueue("test.noop", {"n": 2}, queue="b").id
    other_type = services.enqueue("test.anything", {}, queue="a").id
    assert system.worker("--queues", "a", "--types", "test.noop", "--burst").wait() == 0
    states = [Job.objects.get(pk=job_id).state for job_id in (here, other_queue, other_type)]
    assert states == ["succeeded", "queued", "queued"]
    assert system.worker("--queues", "b:3,a", "--burst").wait() == 0
    assert [Job.objects.get(pk=job_id).state for job_id in (other_queue, other_type)] == ["succeeded"] * 2


def test_a_worker_is_recycled_after_its_jobs_and_none_is_lost(system: System) -> None:
    system.worker("--max-jobs", "10", "--concurrency", "2")
    ids = [services.enqueue("test.work", {"ledger": system.ledger(), "seconds": 0.01}).id for _ in range(45)]
    jobs = system.until_final(*ids)
    assert {job.state for job in jobs} == {"succeeded"}
    begun_by = Counter(line[3] for line in system.lines() if line[0] == "begin")
    assert sum(begun_by.values()) == 45 and max(begun_by.values()) <= 10
    # A child ends when what it took has begun, and gives nothing back but what was kept waiting by a busy machine.
    assert Attempt.objects.filter(outcome="released").count() < 10
    ends = [line[1] for line in system.lines() if line[0] == "end"]
    assert sorted(ends) == sorted(str(job_id) for job_id in ids)


def test_a_worker_that_eats_memory_is_recycled(system: System) -> None:
    worker = system.worker("--max-memory", "300m", "--concurrency", "1")
    eaten = services.enqueue("test.memory", {"megabytes": 300}).id
    system.until_final(eaten)
    system.until(lambda: "more than --max-memory" in worker.text(), "the worker is recycled")
    (job,) = system.until_final(services.enqueue("test.noop", {"n": 1}).id)
    assert job.state == "succeeded"
