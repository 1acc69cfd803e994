"""What can be recognised by itself: name=value, addresses, sizes, durations, numbers, switches, options."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from dispatcher.providers.offline import lexicon
from dispatcher.providers.offline.fields import Field
from dispatcher.providers.offline.filling import Filling
from dispatcher.providers.offline.spans import Span
from jobs import durations

ELSEWHERE = ("quote", "url", "email", "path", "file", "place")
"""What is inside of these is part of them, and no option by itself."""


def fill(filling: Filling) -> None:
    for step in (_pairs, _entities, _boxes, _numbers, _switches, _options):
        step(filling)


def _pairs(filling: Filling) -> None:
    """`width=200`"""
    known = {one.name.replace("_", ""): one for one in filling.fields}
    for span in list(filling.left("pair")):
        name, value = span.value
        one = known.get(name.replace("_", "").lower())
        if one is not None and one.name not in filling.payload:
            plain = {"number", "flag", "json"} & set(one.kinds)
            filling.put(one, typed(value) if plain else value, span.start, span.end, said=True)


def typed(value: str) -> Any:
    """`3`, `0.5` and `true` as what they are; anything else is text."""
    low = value.lower()
    if low in ("true", "yes", "false", "no"):
        return low in ("true", "yes")
    if re.fullmatch(r"-?\d{1,15}", value):
        return int(value)
    return float(value) if re.fullmatch(r"-?\d{1,15}\.\d{1,15}", value) else value


def _entities(filling: Filling) -> None:
    """Whatever looks like only one thing: an address, a path, an object, a duration."""
    for one in filling.open("email", "url", "path", "json", "duration"):
        kinds = [kind for kind in one.kinds if kind != "text"]
        found = [span for kind in kinds for span in filling.left(kind) if kind != "place" or _admits(one, span)]
        if found:
            span = _nearest(filling.text, one, found)
            filling.put(one, span.value, span.start, span.end)


def _admits(one: Field, span: Span) -> bool:
    return bool(one.prefixes) and span.value.startswith(one.prefixes)


def _nearest(text: str, one: Field, found: Sequence[Span]) -> Span:
    """The one after a preposition that suits the field's name (`source`: from), else the first."""
    wanted = {word for part in one.words for word in lexicon.ORIGINS.get(part, ())}
    for span in found:
        before = text[: span.start].split()[-1:]
        if before and before[0].lower() in wanted:
            return span
    return found[0]


def _boxes(filling: Filling) -> None:
    """`640x480`"""
    names = {one.name: one for one in filling.open("number")}
    box = next(filling.left("box"), None)
    if box is not None and {"width", "height"} <= set(names):
        filling.put(names["width"], box.value[0], box.start, box.end)
        filling.put(names["height"], box.value[1], box.start, box.end)


def _numbers(filling: Filling) -> None:
    for one in filling.open("number"):
        if one.unit is not None:
            _put_duration(filling, one, one.unit)
        elif span := _number_of(filling, one):
            filling.put(one, span.value, span.start, span.end)


def _put_duration(filling: Filling, one: Field, unit: float) -> None:
    """A duration in the unit of the field's name, with the `after` or `for` before it."""
    span = next(filling.left("duration"), None)
    if span is None:
        return
    before = re.search(r"\b(?:after|in|for|within)\s+(?:a\s+delay\s+of\s+)?$", filling.text[: span.start], re.I)
    start = before.start() if before else span.start
    filling.put(one, round(durations.parse(span.value) / unit), start, span.end)


def _number_of(filling: Filling, one: Field) -> Span | None:
    """The number beside the field's name, before or after it."""
    if one.words[-1] == "times":
        return next(filling.left("times"), None)
    for span in filling.left("number"):
        before, after = filling.text[: span.start], filling.text[span.end :]
        if re.search(rf"\b{one.spoken}{lexicon.GLUE}$", before[-100:], re.I):
            return span
        if re.match(rf"\s*(?:\w{{1,20}}\s)?{one.spoken}\b", after, re.I):
            return span
    return None


def _switches(filling: Filling) -> None:
    for one in filling.open("flag"):
        if found := re.search(rf"(?<!not )(?<!no )\b{one.spoken}\b", filling.text, re.I):
            filling.put(one, True, found.start(), found.end())


def _options(filling: Filling) -> None:
    for one in filling.open("choice"):
        found = sorted(_said(filling, one))
        if one.many and found:
            filling.put(one, [option for _, _, option in found], found[0][0], found[-1][1])
        elif found:
            start, end, option = found[0]
            filling.put(one, option, start, end)


def _said(filling: Filling, one: Field) -> Iterator[tuple[int, int, str]]:
    """(start, end, option) for each option that the sentence names in one of its spellings."""
    for option in one.options:
        spellings = {option, lexicon.SPELLINGS.get(option, option)}
        spellings |= {word for word, name in lexicon.CANONICAL.items() if name == option}
        spoken = "|".join(lexicon.spoken(re.split("[_-]", word)) for word in sorted(spellings, key=len, reverse=True))
        for found in re.finditer(rf"\b(?:{spoken})\b", filling.text, re.I):
            if filling.free(found.start(), found.end()) and not filling.inside(found.start(), *ELSEWHERE):
                yield found.start(), found.end(), option
                break
