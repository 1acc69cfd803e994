"""What a prompt may become: the labels of a user, and the handler behind each. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from jobs.registry import Definition


@dataclass(frozen=True, slots=True)
class Choice:
    """One handler that may be chosen, with all the labels that stand for it, in their order."""

    definition: Definition
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """At most one `Choice` for each handler. Nothing outside of them can be chosen, whatever a prompt says."""

    all: tuple[Choice, ...]

    @classmethod
    def of(cls, labelled: Iterable[tuple[str, Definition]]) -> "Choices":
        """From (label, handler) pairs."""
        found: dict[str, tuple[Definition, list[str]]] = {}
        for label, definition in labelled:
            found.setdefault(definition.type, (definition, []))[1].append(label)
        return cls(tuple(Choice(definition, tuple(labels)) for definition, labels in found.values()))

    def by_label(self, label: str) -> Choice | None:
        """The choice that a label names, however it is capitalised."""
        wanted = label.strip().casefold()
        return next((one for one in self.all if wanted in map(str.casefold, one.labels)), None)

    def __iter__(self) -> Iterator[Choice]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)


def labels(choices: Choices) -> Sequence[str]:
    return [label for choice in choices for label in choice.labels]
