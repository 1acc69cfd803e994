"""What holds a job up by itself: its time, its tries, what it waits for, and whether Redis knows it."""

from collections.abc import Iterator
from datetime import timedelta

from jobs.states import State
from jobs.waits.facts import Facts, Reason, Target, Upstream

SOON = timedelta(minutes=5)


def expiry(facts: Facts) -> Iterator[Reason]:
    if facts.expires_at is None:
        return
    if facts.expires_at <= facts.now:
        yield Reason(
            "expired",
            "Its time is over: it will not begin any more, and is cancelled within moments.",
            "Submit it again, with a later expiry or none.",
            until=facts.expires_at,
        )
    elif facts.expires_at - facts.now <= SOON:
        yield Reason(
            "expires_soon",
            "It expires soon, and is cancelled then if it has not begun.",
            "Clear what stands below before that, or submit it again with a later expiry.",
            until=facts.expires_at,
            holds=False,
        )


def scheduled(facts: Facts) -> Iterator[Reason]:
    if facts.run_at <= facts.now:
        yield from _due(facts)
        return
    snoozed = facts.attempt > 0 and facts.reason
    text = f"Its handler put it off: {facts.reason}" if snoozed else "It is not due yet."
    yield Reason(
        "not_due", text, "Give it an earlier time to run it sooner.", Target("job", str(facts.id)), facts.run_at
    )
    yield from _leaderless(facts)


def retrying(facts: Facts) -> Iterator[Reason]:
    if facts.run_at <= facts.now:
        yield from _due(facts)
        return
    error = f" ({facts.last_error})" if facts.last_error else ""
    yield Reason(
        "retry_delay",
        f"Try {facts.tries} of {facts.max_attempts} failed{error}; it waits for its next try.",
        "Give it an earlier time to try at once, once the cause is mended.",
        Target("job", str(facts.id)),
        facts.run_at,
    )
    yield from _leaderless(facts)


def _due(facts: Facts) -> Iterator[Reason]:
    """Its time has come, and the scheduler has not made it ready."""
    yield from _leaderless(facts)
    if facts.led:
        yield Reason(
            "becoming_ready", "It is due; the scheduler makes it ready within moments.", "Nothing to do.", holds=False
        )


def _leaderless(facts: Facts) -> Iterator[Reason]:
    if not facts.led:
        yield Reason(
            "no_scheduler",
            "No scheduler leads, so nothing makes due jobs ready.",
            "Start one: manage.py runscheduler.",
            Target("schedulers"),
        )


def blocked(facts: Facts) -> Iterator[Reason]:
    for upstream in facts.upstreams:
        yield _waits_for(upstream)
    left = facts.unmet - len(facts.upstreams)
    if left > 0:
        yield Reason(
            "dependency",
            f"It waits for {left} further {'jobs' if left > 1 else 'job'}.",
            "Look at its graph.",
            Target("job", str(facts.id)),
        )


def _waits_for(upstream: Upstream) -> Reason:
    name = f"{upstream.label or upstream.type or 'job'} {upstream.id}"
    target = Target("job", str(upstream.id)) if upstream.state else None
    if upstream.state in (State.FAILED, State.CANCELLED):
        verb = "replay" if upstream.state == State.FAILED else "retry"
        return Reason(
            "dependency_failed",
            f"It waits for {name} to succeed, which is {upstream.state}.",
            f"{verb.title()} that job: when it succeeds this one goes on. Or cancel this one.",
            target,
        )
    told = f"which is {upstream.state}" if upstream.state else "of which nothing more is known"
    wanted = "to end" if upstream.policy == "allow_failed" else "to succeed"
    return Reason("dependency", f"It waits for {name} {wanted}, {told}.", "See what holds that job up.", target)


def queued(facts: Facts) -> Iterator[Reason]:
    """What Redis lacks comes first: until it is there nothing else matters."""
    spot = facts.spot
    if spot is None:
        yield Reason(
            "redis_away",
            "Redis does not answer, so workers hear of no job. The job itself is safe in PostgreSQL.",
            "Bring Redis back; the job is brought to it then.",
            Target("stores"),
        )
    elif not spot.complete:
        yield Reason(
            "rebuilding",
            f"Redis has lost its copy of the queue {facts.queue}; it is rebuilt from PostgreSQL.",
            "Wait a moment: a worker or the scheduler does it by itself.",
            Target("stores"),
        )
    elif spot.where == "unknown":
        yield _not_in_redis(facts)


def _not_in_redis(facts: Facts) -> Reason:
    text = "Redis has not been told of it yet"
    if not facts.led:
        return Reason(
            "not_in_redis",
            f"{text}, and no scheduler leads that would.",
            "Start a scheduler: manage.py runscheduler.",
            Target("stores"),
        )
    return Reason(
        "not_in_redis",
        f"{text}: the reconciler does that within {facts.heals:.0f} s of its being due.",
        "Wait a moment. If it stays so, look at how the stores agree.",
        Target("stores"),
        facts.run_at + timedelta(seconds=facts.heals),
    )
