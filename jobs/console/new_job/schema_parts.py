"""A handler's payload as a form sees it: the JSON schema of its one declaration, taken apart into inputs. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from jobs.registry import Definition

PREFIX = "payload"
MOST_LEVELS = 3
LONG = 1000
"""Text that may be longer gets a box instead of a line."""


class Missing(Enum):
    """A payload does not have this key."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


class Kind(Enum):
    """What sort of input it is."""

    LINE = "line"
    PROSE = "prose"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"
    DATE = "date"
    INSTANT = "instant"
    LIST = "list"
    SCALAR = "scalar"
    JSON = "json"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One input, or a group of them. `schema` is what applies to a value that is not null."""

    path: tuple[str, ...]
    kind: Kind
    schema: Mapping[str, Any] = field(default_factory=dict)
    required: bool = False
    nullable: bool = False
    default: Any = MISSING
    label: str = ""
    help: str = ""
    secret: bool = False
    parts: tuple["Part", ...] = ()

    @property
    def name(self) -> str:
        """As the API names it in what it refuses."""
        return ".".join((PREFIX, *self.path))

    def inputs(self) -> Iterator["Part"]:
        """Itself, and all that is in it."""
        yield self
        for part in self.parts:
            yield from part.inputs()


@lru_cache(maxsize=512)
def parts(definition: Definition) -> tuple[Part, ...]:
    """The parts of a type's payload, in the order of its declaration."""
    schema = definition.json_schema()
    return _properties((), schema, schema.get("$defs", {}), definition.sensitive)


def _properties(
    path: tuple[str, ...], schema: Mapping[str, Any], defs: Mapping[str, Any], secrets: frozenset[str]
) -> tuple[Part, ...]:
    required = schema.get("required", ())
    return tuple(
        _part((*path, name), one, defs, required=name in required, secrets=secrets)
        for name, one in schema.get("properties", {}).items()
    )


def _part(
    path: tuple[str, ...],
    schema: Mapping[str, Any],
    defs: Mapping[str, Any],
    *,
    required: bool,
    secrets: frozenset[str],
) -> Part:
    branches = [_resolved(one, defs) for one in _branches(_resolved(schema, defs))]
    values = [one for one in branches if one.get("type") != "null"]
    kind, one = _kind(values, defs, len(path))
    return Part(
        path=path,
        kind=kind,
        schema=one,
        required=required,
        nullable=len(values) < len(branches),
        default=schema.get("default", MISSING),
        label=path[-1].replace("_", " "),
        help=schema.get("description") or (one.get("description", "") if kind is not Kind.GROUP else ""),
        secret=path[0] in secrets or bool(one.get("writeOnly")) or one.get("format") == "password",
        parts=_properties(path, one, defs, secrets) if kind is Kind.GROUP else (),
    )


def _resolved(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    """With what it refers to; its own words go before."""
    while "$ref" in schema:
        own = {name: value for name, value in schema.items() if name != "$ref"}
        schema = {**defs.get(schema["$ref"].rpartition("/")[2], {}), **own}
    return schema


def _branches(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The alternatives, each with what stands beside them; a plain schema is its own."""
    shared = {name: value for name, value in schema.items() if name not in ("anyOf", "oneOf", "default")}
    return [{**shared, **one} for one in schema.get("anyOf") or schema.get("oneOf") or [{}]]


def _kind(values: list[Mapping[str, Any]], defs: Mapping[str, Any], level: int) -> tuple[Kind, Mapping[str, Any]]:
    if len(values) == 1:
        return _single(values[0], defs, level)
    types = {one.get("type") for one in values}
    examples = [example for one in values for example in one.get("examples", ())]
    if values and types <= {"string", "integer", "number"} and not any("enum" in one for one in values):
        return Kind.SCALAR, {"types": sorted(types), "examples": examples}
    return Kind.JSON, {}


def _single(one: Mapping[str, Any], defs: Mapping[str, Any], level: int) -> tuple[Kind, Mapping[str, Any]]:
    if "enum" in one or "const" in one:
        return Kind.CHOICE, {**one, "enum": one.get("enum") or [one["const"]]}
    match one.get("type"):
        case "string":
            return _text(one), one
        case "integer" | "number":
            return Kind.NUMBER, one
        case "boolean":
            return Kind.FLAG, one
        case "array":
            return _list(one, defs)
        case "object" if one.get("properties") and level < MOST_LEVELS and not one.get("additionalProperties"):
            return Kind.GROUP, one
        case _:
            return Kind.JSON, one


def _text(one: Mapping[str, Any]) -> Kind:
    match one.get("format"):
        case "date":
            return Kind.DATE
        case "date-time":
            return Kind.INSTANT
    return Kind.PROSE if one.get("maxLength", 0) > LONG and "pattern" not in one else Kind.LINE


def _list(one: Mapping[str, Any], defs: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
    """Of scalars: a line each, or boxes to tick. Anything else is JSON."""
    kind, item = Kind.JSON, _resolved(one.get("items", {}), defs)
    if "prefixItems" not in one and item.get("enum") and one.get("uniqueItems"):
        kind = Kind.CHOICES
    elif "prefixItems" not in one and item.get("type") in ("string", "integer", "number"):
        kind = Kind.LIST
    return kind, {**one, "items": item, "examples": [*one.get("examples", ()), *item.get("examples", ())]}
