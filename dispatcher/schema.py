"""What a language model must answer with: one JSON schema from the handlers behind a user's labels, and back. Pure.

The schema keeps to what every provider knows (Gemini's is a subset of OpenAPI 3.0): no references, no nulls, no free
objects. What a handler takes freely is asked for as JSON text or as name and value pairs, and put together here.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import pydantic

from dispatcher.choices import Choice, Choices
from dispatcher.errors import UnfitAnswer
from jobs.registry import Definition

MAX_ANSWER = 64 * 1024
MORE = "more"
"""The name of the pairs that a handler which takes any field gets beside its own."""

_KEPT = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")
_TEXT = {"type": "string", "description": "JSON text"}
_PAIR = {"type": "object", "properties": {"name": {"type": "string"}, "value": _TEXT}, "required": ["name", "value"]}
_PAIRS = {"type": "array", "items": _PAIR, "description": "Further fields, each with its value as JSON text"}


class Proposal(NamedTuple):
    """What a provider says that the prompt asks for; nothing of it is validated by the handler yet."""

    label: str
    choice: Choice
    payload: dict[str, Any]
    confidence: float | None


def payload_schema(definition: Definition) -> Mapping[str, Any]:
    """The JSON schema of a handler's payload, under its own field names; empty for what has none."""
    try:
        return definition.model.model_json_schema(by_alias=False)
    except pydantic.errors.PydanticInvalidForJsonSchema:
        return {}


def resolved(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    """`schema`, or what it refers to."""
    reference = schema.get("$ref")
    return {**defs.get(str(reference).rpartition("/")[2], {}), **schema} if reference else schema


def answer_schema(choices: Choices) -> dict[str, Any]:
    """An object with `job`, which is one of the choices, and `confidence`."""
    return {
        "type": "object",
        "properties": {
            "job": {"anyOf": [_job(choice) for choice in choices]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "required": ["job", "confidence"],
    }


def _job(choice: Choice) -> dict[str, Any]:
    properties: dict[str, Any] = {"category": {"type": "string", "enum": list(choice.labels)}}
    payload = dict(_payload(choice.definition))
    if payload["properties"]:
        properties["payload"] = payload
    return {
        "type": "object",
        "description": choice.definition.summary or choice.definition.type,
        "properties": properties,
        "required": list(properties),
    }


@lru_cache(maxsize=512)
def _payload(definition: Definition) -> Mapping[str, Any]:
    schema = payload_schema(definition)
    defs = schema.get("$defs", {})
    properties = {name: _plain(one, defs) for name, one in schema.get("properties", {}).items()}
    if definition.accepts_any:
        properties[MORE] = _PAIRS
    required = [name for name in schema.get("required", ()) if name in properties]
    return {"type": "object", "properties": properties} | ({"required": required} if required else {})


def _plain(schema: Mapping[str, Any], defs: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """A field's schema in the common subset."""
    own = resolved(schema, defs)
    branches = [resolved(one, defs) for one in own.get("anyOf", own.get("oneOf", ()))]
    branches = [one for one in branches if one.get("type") != "null"]
    described = {"description": own["description"]} if "description" in own else {}
    if len(branches) == 1:
        return described | _plain(branches[0], defs, depth)
    if branches:
        return described | {"anyOf": [_plain(one, defs, depth) for one in branches]}
    return described | _typed(own, defs, depth)


def _typed(own: Mapping[str, Any], defs: Mapping[str, Any], depth: int) -> dict[str, Any]:
    kept = {name: own[name] for name in _KEPT if name in own}
    if options := own.get("enum", [own["const"]] if "const" in own else []):
        return {"type": "string", "enum": [str(one) for one in options]}
    kind = own.get("type")
    if kind == "array" and depth < 4:
        return {"type": "array", "items": _plain(own.get("items", {}), defs, depth + 1), **kept}
    if kind == "object" and own.get("properties") and depth < 4:
        inner = {name: _plain(one, defs, depth + 1) for name, one in own["properties"].items()}
        required = [name for name in own.get("required", ()) if name in inner]
        return {"type": "object", "properties": inner} | ({"required": required} if required else {})
    if kind == "object":
        return dict(_PAIRS)
    return {"type": kind, **kept} if kind in ("string", "integer", "number", "boolean") else dict(_TEXT)


def read_answer(text: str | None, choices: Choices) -> Proposal:
    """The proposal in a model's answer; fences and chat around the JSON are passed over.

    Raises:
        UnfitAnswer: it is empty, huge, no JSON, or names none of the choices.
    """
    answer = _object(text or "")
    job = answer.get("job")
    if not isinstance(job, dict) or not isinstance(job.get("category"), str):
        raise UnfitAnswer("the answer names no category")
    choice = choices.by_label(job["category"])
    if choice is None:
        raise UnfitAnswer("the answer names a category that is not among yours")
    label = next(one for one in choice.labels if one.casefold() == job["category"].strip().casefold())
    return Proposal(label, choice, _folded(choice.definition, job.get("payload")), _confidence(answer))


def _object(text: str) -> dict[str, Any]:
    if len(text) > MAX_ANSWER:
        raise UnfitAnswer("the answer is too long")
    decoder = json.JSONDecoder()
    start = text.find("{")
    if start >= 0:
        try:
            found, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            raise UnfitAnswer("the answer is not JSON") from None
        if isinstance(found, dict):
            return found
    raise UnfitAnswer("the answer is not JSON" if text.strip() else "the answer is empty")


def _confidence(answer: Mapping[str, Any]) -> float | None:
    value = answer.get("confidence")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(min(1.0, max(0.0, float(value))), 3)


def _folded(definition: Definition, payload: Any) -> dict[str, Any]:
    """The handler's payload from what was asked for: its own fields only, without nulls, pairs as objects."""
    if payload is None:
        return {}
    if not isinstance(payload, dict):
        raise UnfitAnswer("the answer's payload is no object")
    asked: Mapping[str, Any] = _payload(definition)["properties"]
    given = {name: value for name, value in payload.items() if name in asked and value is not None}
    folded = {name: _unpacked(value, asked[name]) for name, value in given.items() if name != MORE}
    more = _pairs(given[MORE]) if definition.accepts_any and MORE in given else {}
    return {**more, **folded}


def _unpacked(value: Any, asked: Mapping[str, Any]) -> Any:
    if asked.get("items") == _PAIR:
        return _pairs(value)
    if asked.get("description") == _TEXT["description"] and isinstance(value, str):
        return _from_text(value)
    return value


def _pairs(value: Any) -> dict[str, Any]:
    pairs = value if isinstance(value, list) else []
    return {str(one["name"]): _from_text(one.get("value")) for one in pairs if isinstance(one, dict) and "name" in one}


def _from_text(value: Any) -> Any:
    """What a JSON text says; a text that is no JSON says itself."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value
