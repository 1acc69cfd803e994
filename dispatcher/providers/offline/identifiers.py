"""Ids: `file id cat-1`, `id banner`, `file f-77`, `user ada`; and what stands in for one that must be there."""

import re

from dispatcher.providers.offline import lexicon
from dispatcher.providers.offline.fields import Field
from dispatcher.providers.offline.filling import Filling

_LOOKS_LIKE_ONE = re.compile(r"(?=[A-Za-z._-]{0,127}[0-9._-])[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_ANY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}")
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9._-]+")


def fill(filling: Filling) -> None:
    for one in filling.open("id"):
        noun = re.escape(one.words[0])
        (
            _after(filling, one, rf"{one.spoken}\b{lexicon.GLUE}", _ANY)
            or _after(filling, one, rf"(?<!_)id\b{lexicon.GLUE}", _ANY)
            or _after(filling, one, rf"{noun}s?\s+", _LOOKS_LIKE_ONE if one.pattern else _ANY)
            or _after(filling, one, rf"(?:of|for)\s+(?:the\s+)?{noun}\s+", _ANY)
            or (one.required and _after(filling, one, r"(?:as|named|called|call it)\s+", _ANY))
            or (one.required and _after(filling, one, r"(?:of|for)\s+", _LOOKS_LIKE_ONE))
            or _file(filling, one)
            or (one.required and not one.pattern and _after_verb(filling, one))
        )


def _after(filling: Filling, one: Field, lead: str, looks: re.Pattern[str]) -> bool:
    for found in re.finditer(rf"\b{lead}", filling.text, re.I):
        token = looks.match(filling.text, found.end())
        if token is None or not filling.free(token.start(), token.end()):
            continue
        value = token.group().rstrip(lexicon.END)
        if filling.inside(token.start(), "url", "email", "quote") or not _is_name(value, filling):
            continue
        number = value.isdecimal() and not one.pattern and len(value) < 19
        filling.put(one, int(value) if number else value, found.start(), token.end())
        return True
    return False


def _is_name(value: str, filling: Filling) -> bool:
    return value.lower() not in lexicon.STOP and lexicon.stem(value) not in filling.own


def _file(filling: Filling, one: Field) -> bool:
    """A file's name, where nothing else was said."""
    span = next(filling.left("file"), None) if one.pattern else None
    if span is not None:
        filling.put(one, span.value, span.start, span.end)
    return span is not None


def _after_verb(filling: Filling, one: Field) -> bool:
    """Of somebody who must be named: the word after the verb (`notify ada`)."""
    words = {word for word in re.findall(r"[A-Za-z]+", filling.text) if lexicon.stem(word) in filling.own}
    return bool(words) and _after(filling, one, rf"(?:{'|'.join(sorted(words))})\s+", _ANY)


def derived(one: Field, filling: Filling) -> str:
    """An id for what got none: after the file, or the option that was chosen, or the kind of thing it is of."""
    files = [value for value in filling.payload.values() if isinstance(value, str) and "/" in value]
    options = [filling.payload[other.name] for other in filling.fields
               if "choice" in other.kinds and other.name in filling.payload]  # fmt: skip
    source = re.split(r"[?#]", files[0])[0].rstrip("/").rpartition("/")[2] if files else ""
    words = [source, *(option for option in options if isinstance(option, str)), one.words[0]]
    return next(slug for word in words if (slug := _NOT_IN_ID.sub("-", word).strip("._-")[:100]))
