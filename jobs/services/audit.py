"""Who did what: one row per thing that an operator's verb touched, in the transaction of the verb."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from jobs import jsontext
from jobs.models import AuditEntry

MAX_REASON = 1000
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, from where (`source` is an IP address, `shell`, ...) and by which credential (`via` is `session`,
    `key ab12cd`, ...).
    """

    id: int | None
    name: str
    source: str = ""
    via: str = ""

    @classmethod
    def system(cls) -> "Actor":
        """The scheduler, and whatever else acts by itself."""
        return cls(None, "system")

    @classmethod
    def shell(cls) -> "Actor":
        """A management command: whoever may run it."""
        return cls(None, "shell", "shell")


class Change(NamedTuple):
    """What a verb did to `target` (job:<id>, queue:<name>, worker:<id>)."""

    verb: str
    target: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def record(
    actor: Actor,
    verb: str,
    target: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    record_many(actor, [Change(verb, target, before, after)], reason)


def record_many(actor: Actor, changes: Sequence[Change], reason: str = "") -> None:
    """One row for each of `changes`; call it in the transaction that makes them."""
    why = reason_text(reason)
    entries = [
        AuditEntry(
            actor_id=actor.id,
            actor=actor.name,
            source=actor.source,
            via=actor.via,
            verb=change.verb,
            target=change.target,
            before=change.before,
            after=change.after,
            reason=why,
        )
        for change in changes
    ]
    AuditEntry.objects.bulk_create(entries, batch_size=_BATCH)


def reason_text(reason: str) -> str:
    """A reason as it is kept: bounded, and without what PostgreSQL cannot store."""
    return jsontext.clean(reason.strip(), MAX_REASON)
