"""Checks of attempts, dead letters and the handlers' ledger. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from uuid import UUID

from benchmarks.chaos.evidence import Evidence, by_job

_USE_TRIES = {"succeeded", "raised", "timed_out", "lease_expired", "cancelled"}
_FAILURES = {"raised", "timed_out", "lease_expired"}


def attempts_count_up(evidence: Evidence) -> Iterator[str]:
    latest = {job.id: job.attempt for job in evidence.jobs}
    numbers = {job_id: [one.number for one in rows] for job_id, rows in by_job(evidence.attempts).items()}
    for job_id, seen in numbers.items():
        if job_id not in latest:
            yield f"job {job_id} has attempts and is not there"
        for number, count in Counter(seen).items():
            if count > 1:
                yield f"attempt {number} of job {job_id} is there {count} times"
    for job_id, attempt in latest.items():
        if set(numbers.get(job_id, ())) != set(range(1, attempt + 1)):
            yield f"job {job_id} is at attempt {attempt} and has rows for {sorted(numbers.get(job_id, ()))}"


def settled_once(evidence: Evidence) -> Iterator[str]:
    rows = by_job(evidence.attempts)
    for job in evidence.jobs:
        own = sorted(rows.get(job.id, ()), key=lambda one: one.number)
        successes = [one.number for one in own if one.outcome == "succeeded"]
        if len(successes) > 1:
            yield f"job {job.id} succeeded {len(successes)} times, in attempts {successes}"
        if (job.state == "succeeded") != bool(successes) or successes and successes[-1] != own[-1].number:
            yield f"job {job.id} is {job.state} and its attempts ended {[one.outcome for one in own]}"
        if job.state == "failed" and (not own or own[-1].outcome not in _FAILURES):
            yield f"job {job.id} is failed and its attempts ended {[one.outcome for one in own]}"
        tries = sum(one.outcome in _USE_TRIES for one in own)
        if not evidence.revived(job.id) and job.tries != tries:
            yield f"job {job.id} has used {job.tries} tries, and its attempts {tries}"
    yield from _counted_twice(evidence)


def _counted_twice(evidence: Evidence) -> Iterator[str]:
    written = Counter(one.worker for one in evidence.attempts)
    for worker in evidence.workers:
        if worker.settled > written[worker.id]:
            yield f"worker {worker.id} settled {worker.settled} attempts and has {written[worker.id]} rows"


def buried_once(evidence: Evidence) -> Iterator[str]:
    jobs = {job.id: job for job in evidence.jobs}
    letters = Counter(evidence.letters)
    for job_id, count in letters.items():
        if count > 1:
            yield f"job {job_id} has {count} dead letters"
        if job_id not in jobs:
            yield f"a dead letter is there for job {job_id}, which is not"
        elif jobs[job_id].state != "failed" and not evidence.revived(job_id):
            yield f"job {job_id} is {jobs[job_id].state} and has a dead letter"
    for job in evidence.jobs:
        if job.state == "failed" and job.id not in letters:
            yield f"job {job.id} failed and has no dead letter"


def ledger_agrees(evidence: Evidence) -> Iterator[str]:
    rows = {(one.job, one.number): one for one in evidence.attempts}
    events: dict[tuple[UUID, int], Counter[str]] = defaultdict(Counter)
    for line in evidence.ledger:
        events[line.job, line.attempt][line.event] += 1
    for (job_id, number), seen in events.items():
        if seen["begin"] > 1 or seen["end"] > 1:
            yield f"attempt {number} of job {job_id} was executed {max(seen.values())} times"
        if (job_id, number) not in rows:
            yield f"attempt {number} of job {job_id} was executed and has no row"
    for (job_id, number), one in rows.items():
        seen = events.get((job_id, number), Counter())
        if one.outcome == "succeeded" and not (seen["begin"] and seen["end"]):
            yield f"attempt {number} of job {job_id} succeeded and its handler never ended"
        if one.outcome == "snoozed" and not seen["begin"]:
            yield f"attempt {number} of job {job_id} was snoozed by a handler that never began"
        if one.outcome == "raised" and seen["end"]:
            yield f"attempt {number} of job {job_id} raised and its handler ended well"
