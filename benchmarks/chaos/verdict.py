"""Every promise and the check that stands for it. Pure."""

from collections.abc import Callable, Iterator

from benchmarks.chaos import checks_attempts, checks_edges, checks_jobs
from benchmarks.chaos.evidence import Evidence

Check = Callable[[Evidence], Iterator[str]]
"""Gives a sentence for everything in the evidence that must not be."""
CHECKS: dict[str, Check] = {
    "every accepted submit has exactly one job": checks_jobs.one_job_each,
    "every job was asked for": checks_jobs.only_asked_for,
    "one job per idempotency key": checks_jobs.one_job_per_key,
    "every job is final or explained": checks_jobs.final_or_explained,
    "undisturbed jobs end as their kind does": checks_jobs.as_its_kind,
    "children follow their parents": checks_edges.children_follow,
    "attempts are numbered 1, 2, 3 ... once each": checks_attempts.attempts_count_up,
    "nothing is settled twice": checks_attempts.settled_once,
    "every failed job has one dead letter": checks_attempts.buried_once,
    "every edge fits its parent's end": checks_edges.edges_fit_parents,
    "unmet counts agree with the edges": checks_edges.unmet_agree,
    "no child begins before its parents let it": checks_edges.children_wait,
    "no final move missed a child": checks_edges.nothing_swept,
    "the handlers' ledger agrees with the attempts": checks_attempts.ledger_agrees,
    "Redis and PostgreSQL agree, no process misbehaved": checks_jobs.nothing_else,
}


def judge(evidence: Evidence) -> dict[str, list[str]]:
    """What each check found, by the promise that it stands for; all empty when every promise was kept."""
    return {promise: list(check(evidence)) for promise, check in CHECKS.items()}
