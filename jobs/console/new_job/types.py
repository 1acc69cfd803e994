"""The types that a person may submit, in groups by the first word of their names."""

from collections import defaultdict

from jobs.registry import Definition, registry
from jobs.services import access
from jobs.services.access import AnyUser

OTHERS, TASKS = "general", "tasks"


def grouped(user: AnyUser) -> list[tuple[str, list[Definition]]]:
    groups: dict[str, list[Definition]] = defaultdict(list)
    for definition in registry:
        if access.may_submit(user, definition):
            groups[_group(definition.type)].append(definition)
    return sorted(groups.items(), key=lambda group: (group[0] in (OTHERS, TASKS), group[0]))


def _group(type_name: str) -> str:
    if type_name.startswith("task:"):  # of Django's tasks: their names are those of modules
        return TASKS
    word, dot, _ = type_name.partition(".")
    return word if dot else OTHERS
