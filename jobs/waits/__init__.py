"""Why a job waits: what is known of it, made into reasons in the order in which they hold it up. Pure.

`jobs.queries.why_waiting` gathers the facts.
"""

from collections.abc import Callable, Iterator, Mapping

from jobs.states import State
from jobs.waits import of_its_queue, of_itself
from jobs.waits.facts import Crew, Facts, Reason, Spot, Target, Upstream

__all__ = ["Crew", "Facts", "Reason", "Spot", "Target", "Upstream", "reasons"]

_OWN: Mapping[str, Callable[[Facts], Iterator[Reason]]] = {
    State.SCHEDULED: of_itself.scheduled,
    State.RETRYING: of_itself.retrying,
    State.BLOCKED: of_itself.blocked,
    State.QUEUED: of_itself.queued,
}


def reasons(facts: Facts) -> list[Reason]:
    """The first is what must end first; empty for a job that does not wait."""
    if facts.state not in _OWN:
        return []
    return [
        *of_itself.expiry(facts),
        *_OWN[facts.state](facts),
        *of_its_queue.queue(facts),
        *of_its_queue.crew(facts),
        *of_its_queue.line(facts),
    ]
