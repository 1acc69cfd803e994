"""What became of a verb for many: who moved, and why the others did not."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from jobs.conf import options
from jobs.errors import FlowbitError, Invalid, NotFound

Key = TypeVar("Key")


@dataclass(slots=True)
class Steered(Generic[Key]):
    """`moved` in the order asked; `refused` says for each other one why (`Conflict`, `NotFound`, `Invalid`).

    `asked` are those of `moved` that still run and were asked to stop; `followed` counts jobs that went along
    because they depended on one that moved.
    """

    moved: list[Key] = field(default_factory=list)
    refused: dict[Key, FlowbitError] = field(default_factory=dict)
    asked: list[Key] = field(default_factory=list)
    followed: int = 0

    def only(self) -> "Steered[Key]":
        """For a verb on a single thing: raises why it was refused."""
        for error in self.refused.values():
            raise error
        return self


def distinct(ids: Sequence[Key]) -> list[Key]:
    """`ids` without repeats. Raises Invalid when there are more than a verb takes at once."""
    most = options().max_batch
    found = list(dict.fromkeys(ids))
    if len(found) > most:
        raise Invalid.field("ids", f"at most {most} at once")
    return found


def missing(asked: Sequence[Key], found: Container[Key], kind: str) -> dict[Key, FlowbitError]:
    """A NotFound for each of `asked` that is not in the container `found`."""
    return {key: NotFound(f"there is no {kind} {key}") for key in asked if key not in found}
