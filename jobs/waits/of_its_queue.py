"""What holds a job up around it: its queue's mode, the workers, and its place in line."""

from collections.abc import Iterator

from jobs.states import State
from jobs.waits.facts import Facts, Reason, Target


def queue(facts: Facts) -> Iterator[Reason]:
    target = Target("queue", facts.queue)
    because = f": {facts.why}" if facts.why else "."
    by = f" by {facts.by}" if facts.by else ""
    if facts.mode == "paused":
        yield Reason(
            "queue_paused",
            f"The queue {facts.queue} is paused{by}{because}",
            "Resume the queue, or wait for the end of the pause." if facts.until else "Resume the queue.",
            target,
            facts.until,
        )
    elif facts.mode == "draining":
        yield Reason("queue_draining", f"The queue {facts.queue} is draining{by}{because}", "Resume the queue.", target)


def crew(facts: Facts) -> Iterator[Reason]:
    """The first of these that is so: each includes those after it."""
    found, target = facts.crew, Target("workers")
    if not found.alive:
        yield Reason("no_worker", "No worker is alive.", "Start one: manage.py runworker.", target)
    elif not found.serving:
        yield Reason(
            "no_worker_for_queue",
            f"Workers are alive ({found.alive}), but none takes jobs from the queue {facts.queue}.",
            f"Start one for it (manage.py runworker --queues {facts.queue}), or move the job to another queue.",
            target,
        )
    elif not found.knowing:
        yield Reason(
            "parked",
            f"Parked: no living worker of this queue runs {facts.type}.",
            "Start or deploy a worker that has a handler of this type; the job runs as soon as there is one.",
            target,
        )
    elif not found.active:
        yield Reason(
            "workers_cordoned",
            f"The workers that could run it ({found.knowing}) are cordoned or drained.",
            "Resume a worker, or start another one.",
            target,
        )


def line(facts: Facts) -> Iterator[Reason]:
    """Only of a job that is ready where workers look."""
    spot, workers = facts.spot, facts.crew
    if facts.state != State.QUEUED or spot is None or not spot.complete:
        return
    if spot.closed_until:
        yield Reason(
            "lane_closed",
            f"Throttled: jobs of {facts.type} in this queue are held back.",
            "Wait, or raise the limit.",
            Target("queue", facts.queue),
            spot.closed_until,
        )
    if spot.where == "claimed":
        yield Reason("claimed", "A worker has just taken it and begins it now.", "Nothing to do.", holds=False)
    if spot.where != "lane":
        return
    if workers.active and workers.busy >= workers.slots:
        yield Reason(
            "workers_busy",
            f"The workers that could run it are busy: {workers.slots} of {workers.slots} slots.",
            "Wait, start more workers, or give it a higher priority.",
            Target("workers"),
        )
    yield _position(facts, spot.ahead)


def _position(facts: Facts, ahead: int) -> Reason:
    text = f"{ahead:,} {'job is' if ahead == 1 else 'jobs are'} before it in the queue." if ahead else "It is the next."
    advice = "Give it a higher priority to let it go first." if ahead else "Nothing to do."
    return Reason("position", text, advice, Target("queue", facts.queue), holds=False)
