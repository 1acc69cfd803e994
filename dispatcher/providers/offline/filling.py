"""One sentence, read for one handler: what of it has been used, and what for. Pure, as all of this package."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dispatcher.providers.offline.fields import Field
from dispatcher.providers.offline.spans import Span


@dataclass
class Filling:
    """`own` are the stems that name the handler itself; `said` the fields that were given by their name."""

    text: str
    spans: Sequence[Span]
    fields: Sequence[Field]
    own: frozenset[str] = frozenset()
    payload: dict[str, Any] = field(default_factory=dict)
    taken: list[tuple[int, int]] = field(default_factory=list)
    said: set[str] = field(default_factory=set)

    def free(self, start: int, end: int) -> bool:
        return not any(low < end and start < high for low, high in self.taken)

    def left(self, *kinds: str) -> Iterator[Span]:
        """Spans that nothing has used yet."""
        return (span for span in self.spans if span.kind in kinds and self.free(span.start, span.end))

    def inside(self, place: int, *kinds: str) -> bool:
        return any(span.kind in kinds and span.start <= place < span.end for span in self.spans)

    def open(self, *kinds: str) -> list[Field]:
        """Fields of these kinds that are still empty; those that must be filled come first."""
        empty = [one for one in self.fields if one.name not in self.payload and set(kinds) & set(one.kinds)]
        return sorted(empty, key=lambda one: not one.required)

    def put(self, one: Field, value: Any, start: int, end: int, *, said: bool = False) -> None:
        self.payload[one.name] = [value] if one.many and not isinstance(value, list) else value
        self.taken.append((start, end))
        if said:
            self.said.add(one.name)
