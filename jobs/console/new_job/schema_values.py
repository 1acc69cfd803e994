"""Between the values of a payload and what an input holds: text, a tick, or several. Pure.

`read(part, show(part, value)) == value`, but for two things that an input cannot tell apart: text that is required and
blank counts as missing, text that may be null and is blank as null.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from jobs.console.controls import revealed
from jobs.console.new_job.schema_parts import MISSING, Kind, Part

_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,300})(?:\.\d{1,300})?(?:[eE][+-]?\d{1,3})?\Z")
_CLOCK = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?\Z")
_EXACT = 2.0**53
TEXTUAL = frozenset({Kind.LINE, Kind.PROSE})
_TEXTS = TEXTUAL | {Kind.DATE, Kind.INSTANT}


def show(part: Part, value: Any) -> Any:
    """What the input of `part` holds for `value`: text; of a flag whether it is ticked; of choices a list."""
    if part.kind is Kind.FLAG and not tristate(part):
        return value is True
    if part.kind is Kind.CHOICES:
        return [json.dumps(one) for one in value] if isinstance(value, list) else []
    if value is MISSING or value is None:
        return ""
    is_odd = part.kind in _TEXTS and not isinstance(value, str)  # of a payload from before the handler was changed
    made: Callable[[Any], str] = as_json if is_odd else _SHOWN.get(part.kind, as_json)
    return made(int(value) if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT else value)


def read(part: Part, given: Any) -> Any:
    """The value of an input, MISSING when the payload does without the key. Raises ValueError."""
    value = _read(part, given)
    # 1 is the default 1.0, but no ticked box.
    same = value == part.default and isinstance(value, bool) == isinstance(part.default, bool)
    return MISSING if same and not part.required else value


def _read(part: Part, given: Any) -> Any:
    if part.kind is Kind.FLAG and not tristate(part):
        return bool(given)
    if part.kind is Kind.CHOICES:
        return [json.loads(one) for one in given] if given else _blank(part)
    text = str(given or "").replace("\r\n", "\n")
    if not (text if part.kind in TEXTUAL else text.strip()):
        return _blank(part)
    if part.kind is Kind.LIST:
        return _list(part, text)
    return _READ.get(part.kind, from_json)(text)


def _blank(part: Part) -> Any:
    if part.nullable:
        return MISSING if part.default is MISSING and not part.required else None
    if part.kind in TEXTUAL and not part.required and part.default is not MISSING and not part.schema.get("minLength"):
        return ""
    return MISSING


def tristate(part: Part) -> bool:
    """Whether a flag may also be neither."""
    return part.nullable or (part.default is MISSING and not part.required)


def as_json(value: Any) -> str:
    return revealed(json.dumps(value, indent=2, ensure_ascii=False))


def from_json(text: str) -> Any:
    """Raises ValueError."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None


def object_from_json(text: str) -> Mapping[str, Any]:
    """Raises ValueError."""
    found = from_json(text) if text.strip() else {}
    if not isinstance(found, dict):
        raise ValueError("must be a JSON object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _number(text: str) -> Any:
    """A number; what is none is left to the payload's model, which says what it wants."""
    stripped = text.strip()
    if not _NUMBER.match(stripped):
        return stripped
    found = json.loads(stripped)
    return found if isinstance(found, int) or math.isfinite(found) else stripped


def _shown_scalar(value: Any) -> str:
    """Text goes in quotes only where it could be taken for something else."""
    if not isinstance(value, str):
        return as_json(value)
    plain = value == value.strip() and value.isprintable() and value and value[0] != '"' and not _NUMBER.match(value)
    return value if plain else as_json(value)


def _scalar(text: str) -> Any:
    stripped = text.strip()
    if stripped.startswith('"'):
        return from_json(stripped)
    return _number(stripped)


def _shown_list(value: Any) -> str:
    """A line for each; as JSON where lines would not tell."""
    if not isinstance(value, list) or not value or not all(_fits_a_line(one) for one in value):
        return as_json(value)
    lines = [one if isinstance(one, str) else as_json(one) for one in value]
    return "\n".join(lines) if not lines[0].startswith("[") else as_json(value)


def _fits_a_line(one: Any) -> bool:
    if isinstance(one, str):
        return bool(one) and one == one.strip() and len(one.splitlines()) == 1
    return isinstance(one, int | float) and not isinstance(one, bool)


def _list(part: Part, text: str) -> Any:
    if text.lstrip().startswith("["):
        return from_json(text)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return lines if part.schema["items"].get("type") == "string" else [_number(line) for line in lines]


def _shown_instant(value: Any) -> str:
    text = str(value)
    bare = text.removesuffix("Z").removesuffix("+00:00")
    return bare if _CLOCK.match(bare) and bare != text else text


def as_instant(text: str) -> str:
    """In UTC unless it says otherwise."""
    stripped = text.strip()
    if not _CLOCK.match(stripped):
        return stripped
    try:
        return datetime.fromisoformat(stripped).replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
    except ValueError:
        return stripped


_SHOWN: Mapping[Kind, Callable[[Any], str]] = {
    Kind.LINE: str,
    Kind.PROSE: str,
    Kind.DATE: str,
    Kind.NUMBER: str,
    Kind.SCALAR: _shown_scalar,
    Kind.LIST: _shown_list,
    Kind.INSTANT: _shown_instant,
    Kind.CHOICE: json.dumps,
}
_READ: Mapping[Kind, Callable[[str], Any]] = {
    Kind.LINE: str,
    Kind.PROSE: str,
    Kind.DATE: str.strip,
    Kind.NUMBER: _number,
    Kind.SCALAR: _scalar,
    Kind.INSTANT: as_instant,
}
