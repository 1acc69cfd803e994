"""What a handler's schema says about each field, in the terms of what can be found in a sentence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dispatcher.providers.offline import lexicon
from dispatcher.schema import payload_schema, resolved
from jobs import durations
from jobs.registry import Definition

_PREFIX = re.compile(r"`([a-z][a-z0-9+.-]*:)")


@dataclass(frozen=True, slots=True)
class Field:
    """`kinds` are the spans that can fill it, best first; `options` what it must be one of."""

    name: str
    kinds: tuple[str, ...]
    required: bool = False
    options: tuple[str, ...] = ()
    many: bool = False
    prefixes: tuple[str, ...] = ()
    unit: float | None = None
    pattern: str = ""

    @property
    def words(self) -> list[str]:
        return self.name.split("_")

    @property
    def spoken(self) -> str:
        """A pattern for its name in a sentence."""
        return lexicon.spoken(self.words)

    @property
    def is_prose(self) -> bool:
        return "text" in self.kinds and bool(lexicon.PROSE & set(self.words)) and not self._refuses_spaces

    @property
    def _refuses_spaces(self) -> bool:
        try:
            return bool(self.pattern) and re.search(self.pattern, "a a") is None
        except re.error:  # pydantic's patterns are of another engine
            return True


@lru_cache(maxsize=512)
def of(definition: Definition) -> Sequence[Field]:
    """The fields of a handler's payload, in their order."""
    schema = payload_schema(definition)
    required = set(schema.get("required", ()))
    properties: Mapping[str, Any] = schema.get("properties", {})
    return tuple(_field(name, one, schema.get("$defs", {}), name in required) for name, one in properties.items())


def _field(name: str, schema: Mapping[str, Any], defs: Mapping[str, Any], required: bool) -> Field:
    branches = [one for one in _branches(resolved(schema, defs), defs) if one.get("type") != "null"] or [{}]
    first = branches[0]
    many = first.get("type") == "array"
    item = resolved(first.get("items", {}), defs) if many else first
    described = f"{schema.get('description', '')} {first.get('description', '')}"
    kinds, options = _kinds(name, branches, item, described, [*schema.get("examples", ()), *item.get("examples", ())])
    return Field(
        name=name,
        kinds=kinds,
        required=required,
        options=options,
        many=many,
        prefixes=tuple(_PREFIX.findall(described)),
        unit=lexicon.SUFFIXES.get(name.rpartition("_")[2]),
        pattern=str(item.get("pattern", "")),
    )


def _branches(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The alternatives of a schema; a plain one is its own."""
    return [resolved({**schema, **one}, defs) for one in schema.get("anyOf", [schema])]


def _kinds(
    name: str, branches: Sequence[Mapping[str, Any]], item: Mapping[str, Any], described: str, examples: list[Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    types = [one.get("type") for one in branches]
    if options := _options(item, types[0] == "array", examples):
        return ("choice",), options
    if _are_durations(examples):
        return ("duration",), ()
    if types == ["boolean"]:
        return ("flag",), ()
    if types[0] in ("integer", "number") and len(types) == 1:
        return ("number",), ()
    if types[0] in (None, "object"):
        return ("json", "text") if types[0] is None else ("json",), ()
    if types[0] == "array":
        return (), ()
    return _text_kinds(name, item, described, examples), ()


def _options(item: Mapping[str, Any], many: bool, examples: Sequence[Any]) -> tuple[str, ...]:
    """What the schema enumerates; for a list, its examples will do."""
    given = item.get("enum") or ([item["const"]] if "const" in item else examples if many else [])
    return tuple(one for one in given if isinstance(one, str))


def _are_durations(examples: Sequence[Any]) -> bool:
    try:
        return bool(examples) and all(durations.parse(one) >= 0 for one in examples)
    except ValueError:
        return False


def _text_kinds(name: str, item: Mapping[str, Any], described: str, examples: Sequence[Any]) -> tuple[str, ...]:
    """Of a text, by its format, its examples, its description and its name."""
    words = set(name.split("_"))
    if item.get("format") == "email":
        return ("email",)
    if item.get("format") == "uri" or _speaks_of_urls(words, described, examples):
        return ("url", "place") if _PREFIX.search(described) else ("url", "host")
    if "path" in words or "storage" in described:
        return ("path", "text")
    if name.endswith("_id") or name == "id":
        return ("id",)
    return ("text",)


def _speaks_of_urls(words: set[str], described: str, examples: Sequence[Any]) -> bool:
    return (
        "url" in words
        or re.search(r"\b(URL|https?)\b", described) is not None
        or any(str(one).startswith(("http://", "https://")) for one in examples)
    )
