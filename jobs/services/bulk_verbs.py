"""The verbs that can be done to all rows of a filter: who may, on what, and which service does a portion."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jobs.errors import Invalid
from jobs.models import BulkOperation
from jobs.services import access, dead_letters, steer
from jobs.services.audit import Actor
from jobs.services.dead_letters import Overrides
from jobs.services.steer import Changes
from jobs.services.steered import Steered
from jobs.states import FINAL, LIVE, WAITING, State

Verb = BulkOperation.Verb
Run = Callable[[Sequence[Any], Actor, Mapping[str, Any], str], Steered[Any]]


@dataclass(frozen=True, slots=True)
class BulkVerb:
    """`states` are those of the jobs that it is for; none, for a verb on dead letters. It takes `parameters`, and needs
    those of `required`.
    """

    name: str
    permission: str
    run: Run
    states: frozenset[State] = frozenset()
    parameters: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    @property
    def of_letters(self) -> bool:
        return not self.states

    def checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters, without those that are left out. Raises Invalid."""
        found = {name: value for name, value in given.items() if value is not None}
        for name in sorted(found.keys() - set(self.parameters)):
            raise Invalid.field(name, f"is not for {self.name}")
        for name in self.required:
            if name not in found:
                raise Invalid.field(name, "is required")
        Overrides(**found).stored()
        return found


def get(name: str) -> BulkVerb:
    """Raises Invalid."""
    if name not in VERBS:
        raise Invalid.field("verb", f"must be one of {', '.join(VERBS)}")
    return VERBS[name]


def _cancel(ids: Sequence[UUID], actor: Actor, parameters: Mapping[str, Any], reason: str) -> Steered[UUID]:
    return steer.cancel(ids, actor, reason)


def _retry(ids: Sequence[UUID], actor: Actor, parameters: Mapping[str, Any], reason: str) -> Steered[UUID]:
    return steer.retry(ids, actor, reason)


def _edit(ids: Sequence[UUID], actor: Actor, parameters: Mapping[str, Any], reason: str) -> Steered[UUID]:
    return steer.edit(ids, actor, Changes(**parameters), reason)


def _replay(ids: Sequence[int], actor: Actor, parameters: Mapping[str, Any], reason: str) -> Steered[int]:
    return dead_letters.replay(ids, actor, Overrides(**parameters), reason)


def _delete(ids: Sequence[int], actor: Actor, parameters: Mapping[str, Any], reason: str) -> Steered[int]:
    return dead_letters.delete(ids, actor, reason)


_QUEUE, _PRIORITY = ("queue",), ("priority",)
VERBS: Mapping[str, BulkVerb] = {
    verb.name: verb
    for verb in (
        BulkVerb(Verb.CANCEL, access.CANCEL_JOB, _cancel, LIVE),
        BulkVerb(Verb.RETRY, access.RETRY_JOB, _retry, FINAL - {State.SUCCEEDED}),
        BulkVerb(Verb.PRIORITY, access.EDIT_QUEUED_JOB, _edit, WAITING, _PRIORITY, _PRIORITY),
        BulkVerb(Verb.MOVE, access.EDIT_QUEUED_JOB, _edit, WAITING, _QUEUE, _QUEUE),
        BulkVerb(Verb.REPLAY, access.REPLAY_JOB, _replay, parameters=(*_QUEUE, *_PRIORITY)),
        BulkVerb(Verb.DELETE, access.DELETE_DEAD_LETTER, _delete),
    )
}
