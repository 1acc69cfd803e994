"""What a sentence holds beside words: addresses, URLs, quotes, sizes, durations, numbers, paths, name=value."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

_NUMBER_WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
_TIMES = {"once": 1, "twice": 2, "thrice": 3}
_UNITS = {
    "ms": "ms", "millisecond": "ms", "s": "s", "sec": "s", "second": "s", "m": "m", "min": "m", "minute": "m",
    "h": "h", "hr": "h", "hour": "h", "d": "d", "day": "d", "w": "w", "week": "w",
}  # fmt: skip
_LONG_UNITS = {"month": 30, "year": 365}
_COUNT = r"\d{1,9}(?:\.\d{1,6})?"
_WORDED = "|".join(_NUMBER_WORDS)
_UNIT = "|".join(sorted([*_UNITS, *_LONG_UNITS], key=len, reverse=True))
_LONG_UNIT = "|".join(one for one in [*_UNITS, *_LONG_UNITS] if len(one) > 2)
_PAIRS = {"'": "'", '"': '"', "`": "`", "“": "”", "‘": "’"}


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text, from `start` to `end`, and what it means."""

    kind: str
    start: int
    end: int
    value: Any

    def overlaps(self, start: int, end: int) -> bool:
        return self.start < end and start < self.end


Found = tuple[int, int, Any]
_Read = Callable[[re.Match[str]], Found | None]


def find(text: str) -> list[Span]:
    """All spans, in the order of the text; where two overlap, the kind that is named first in `_KINDS` wins."""
    found: list[Span] = [Span("json", *one) for one in _json(text)]
    for kind, pattern, read in _KINDS:
        for match in pattern.finditer(text):
            one = read(match)
            if one is not None and not any(other.overlaps(one[0], one[1]) for other in found):
                found.append(Span(kind, *one))
    return sorted(found, key=lambda span: span.start)


def _json(text: str) -> Iterator[Found]:
    """Objects and lists, from brace to brace."""
    start = text.find("{")
    while start >= 0 and (end := text.rfind("}")) > start:
        try:
            yield start, end + 1, orjson.loads(text[start : end + 1])
            return
        except orjson.JSONDecodeError:
            start = text.find("{", start + 1)


def _whole(match: re.Match[str]) -> Found:
    return match.start(), match.end(), match.group()


def _quoted(match: re.Match[str]) -> Found:
    return match.start(), match.end(), match.group()[1:-1]


def _url(match: re.Match[str]) -> Found:
    """Without the sentence's own punctuation, and without a bracket that the sentence opened."""
    url = match.group().rstrip(".,;:!?")
    while url.endswith(")") and url.count(")") > url.count("("):
        url = url[:-1].rstrip(".,;:!?")
    value = f"https://{url}" if url.lower().startswith("www.") else url
    return match.start(), match.start() + len(url), value


def _host(match: re.Match[str]) -> Found:
    return match.start(), match.end(), f"https://{match.group()}"


def _path(match: re.Match[str]) -> Found:
    path = match.group().rstrip(".,;:!?")
    return match.start(), match.start() + len(path), path


def _pair(match: re.Match[str]) -> Found:
    name, value = match.group(1), match.group(2)
    inner = value[1:-1] if len(value) > 1 and _PAIRS.get(value[0]) == value[-1] else value.rstrip(".,;:!?")
    end = match.end() if inner == value[1:-1] else match.start(2) + len(inner)
    return match.start(), end, (name, inner)


def _box(match: re.Match[str]) -> Found:
    return match.start(), match.end(), (int(match.group(1)), int(match.group(2)))


def _duration(match: re.Match[str]) -> Found:
    count = (match.group("count") or "1").lower()
    number = str(_NUMBER_WORDS.get(count, count))
    unit = match.group("unit").lower()
    for ending in ("", "s", "es"):
        root = unit.removesuffix(ending) if ending else unit
        if root in _UNITS:
            return match.start(), match.end(), f"{number}{_UNITS[root]}"
        if root in _LONG_UNITS:
            return match.start(), match.end(), f"{float(number) * _LONG_UNITS[root]:g}d"
    raise AssertionError(unit)  # the pattern knows no other


def _times(match: re.Match[str]) -> Found:
    word = match.group(1).lower()
    return match.start(), match.end(), _TIMES.get(word) or _NUMBER_WORDS.get(word) or int(word)


def _number(match: re.Match[str]) -> Found:
    text = match.group()
    return match.start(), match.end(), float(text) if "." in text else int(text)


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_QUOTE = "|".join(rf"(?<![\w]){left}[^{left}{right}]{{1,2000}}{right}(?!\w)" for left, right in _PAIRS.items())
_KINDS: list[tuple[str, re.Pattern[str], _Read]] = [
    ("pair", _compile(rf"(?<![\w?&;/])([a-z_]\w{{0,40}})=({_QUOTE}|[^\s=]{{1,500}})"), _pair),
    ("quote", _compile(_QUOTE), _quoted),
    ("url", _compile(r"(?:\bhttps?://|\bwww\.)[^\s<>\"'`]{1,2000}"), _url),
    ("email", _compile(r"\b[a-z0-9][\w.+-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}"), _whole),
    ("place", _compile(r"\b[a-z]{2,20}:(?://)?[\w][\w./-]{0,500}"), _path),
    ("path", _compile(r"(?<![\w/])[\w.-]{1,100}(?:/[\w.-]{1,100}){1,20}"), _path),
    (
        "host",
        _compile(r"\b(?:[a-z0-9-]{1,63}\.){1,5}(?:com|org|net|edu|gov|io|dev|app|info|eu|uk|de|fr|ch)\b(?![.\w])"),
        _host,
    ),
    ("file", _compile(r"\b[\w-]{1,100}(?:\.[a-z][a-z0-9]{1,4}){1,2}\b"), _path),
    ("box", _compile(r"\b(\d{1,5})\s?(?:x|×|by)\s?(\d{1,5})(?:\s?(?:px|pixels))?\b"), _box),
    ("duration", _compile(rf"\b(?P<count>{_COUNT})\s?(?P<unit>(?:{_UNIT})s?)\b"), _duration),
    ("duration", _compile(rf"\b(?P<count>{_WORDED})\s(?P<unit>(?:{_LONG_UNIT})s?)\b"), _duration),
    ("duration", _compile(rf"\b(?:last|past|previous)\s(?P<count>)(?P<unit>(?:{_LONG_UNIT})s?)\b"), _duration),
    ("times", _compile(rf"\b({'|'.join(_TIMES)})\b"), _times),
    ("times", _compile(rf"\b(\d{{1,6}}|{_WORDED}) times\b"), _times),
    ("number", _compile(r"(?<![\w.-])-?\d{1,15}(?:\.\d{1,15})?(?![\w-]|\.\d)"), _number),
]
