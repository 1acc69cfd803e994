"""The labels of a user, and the handler that each stands for."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dispatcher.choices import Choices
from dispatcher.conf import options
from dispatcher.models import DispatchCategories
from dispatcher.providers.offline import lexicon
from jobs.errors import Invalid
from jobs.registry import Definition, registry

MOST = 10
LONGEST = 50
ANYTHING = "echo"
"""What a label stands for that resembles no handler; `general` is one."""
_HIDDEN = "task:"  # tasks of django.tasks are called from code, with positional arguments
_LABEL = re.compile(r"[^\W_][\w .&+/-]*")


class Category(NamedTuple):
    label: str
    type: str


def of(user_id: int | None) -> list[Category]:
    """A user's categories, whose handlers may have gone since; those of the settings for whoever chose none."""
    row = DispatchCategories.objects.filter(user_id=user_id).first() if user_id is not None else None
    if row is not None:
        return [Category(one["label"], one["type"]) for one in row.labels]
    return [Category(label, resolve(label)) for label in options().default_labels]


def choices(user_id: int | None) -> Choices:
    """What a prompt of this user may become."""
    return choices_of(of(user_id))


def choices_of(categories: Iterable[Category]) -> Choices:
    found = ((one.label, registry.find(one.type)) for one in categories)
    return Choices.of((label, definition) for label, definition in found if definition is not None)


def replace(user_id: int | None, wanted: Any) -> list[Category]:
    """Set a user's categories, and give them as they are now. Raises Invalid."""
    categories = check(wanted)
    if user_id is None:
        raise Invalid("only a known user has categories")
    rows = [one._asdict() for one in categories]
    DispatchCategories.objects.update_or_create(user_id=user_id, defaults={"labels": rows})
    return categories


def check(wanted: Any) -> list[Category]:
    """Categories from labels, or from `{"label", "type"}`.

    Raises:
        Invalid: too many, twice the same, a label that is too long or has odd characters, an unknown type.
    """
    if not isinstance(wanted, Sequence) or isinstance(wanted, str):
        raise Invalid.field("categories", "must be a list of labels")
    if len(wanted) > MOST:
        raise Invalid.field("categories", f"at most {MOST} labels")
    found: dict[str, Category] = {}
    for number, one in enumerate(wanted):
        category = _category(one, f"categories[{number}]")
        if found.setdefault(category.label.casefold(), category) is not category:
            raise Invalid.field(f"categories[{number}]", "is there twice")
    return list(found.values())


def _category(given: Any, place: str) -> Category:
    label, type_name = (given.get("label"), given.get("type")) if isinstance(given, Mapping) else (given, None)
    label = check_label(label, place)
    if type_name is None or type_name == "":
        return Category(label, resolve(label))
    definition = registry.find(type_name) if isinstance(type_name, str) else None
    if definition is None or definition.type.startswith(_HIDDEN):
        raise Invalid.field(f"{place}.type", "is no known type")
    return Category(label, definition.type)


def check_label(label: Any, place: str = "label") -> str:
    """A label without the space around it. Raises Invalid."""
    if not isinstance(label, str) or not (text := " ".join(label.split())):
        raise Invalid.field(place, "must not be blank")
    if len(text) > LONGEST:
        raise Invalid.field(place, f"at most {LONGEST} characters")
    if not _LABEL.fullmatch(text):
        raise Invalid.field(place, "may have letters, digits, spaces and . _ - & + / and begins with a letter or digit")
    return text


def resolve(label: str) -> str:
    """The type that a label stands for: the one of that name, else the only nearest by words, else `echo`."""
    exact = registry.find(label) or registry.find(label.lower())
    if exact is not None and not exact.type.startswith(_HIDDEN):
        return exact.type
    wanted = lexicon.stems(label.replace(".", " "))
    scored = sorted(((_likeness(one, wanted), one.type) for one in offered()), reverse=True)
    if scored and scored[0][0] >= 1 and (len(scored) == 1 or scored[0][0] > scored[1][0]):
        return scored[0][1]
    return ANYTHING


def _likeness(definition: Definition, wanted: frozenset[str]) -> float:
    names = lexicon.stems(" ".join((definition.type, *definition.aliases)).replace(".", " "))
    return sum(0.5 if word in lexicon.WEAK else 1.0 for word in wanted & names)


def offered() -> list[Definition]:
    """Handlers that a label may stand for."""
    return [one for one in registry if not one.type.startswith(_HIDDEN)]
