"""Which of a user's handlers a sentence means, and what it says to it. Pure: no key, no network, no chance.

For every handler the sentence is read as if it were meant; the one that explains most of it wins. Words that name a
handler (its labels, its type, its summary) count by how few handlers share them.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dispatcher.choices import Choice, Choices
from dispatcher.providers.offline import fields, identifiers, introduced, lexicon, recognised, spans
from dispatcher.providers.offline.filling import Filling
from dispatcher.providers.offline.spans import Span

NAMED, TOLD, FIELD, WEAK = 3.0, 1.0, 0.5, 0.5
"""What a word is worth: in the handler's name, in its summary, in a field's name; a common verb anywhere."""
FILLED, MISSING, UNEXPLAINED = 1.5, 2.0, 1.0
ENOUGH = 1.0
"""A lower score means nothing: then a handler that takes anything gets the whole sentence."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sentence is taken to mean; `confidence` from 0 to 1."""

    choice: Choice
    payload: dict[str, Any]
    confidence: float


@dataclass(frozen=True, slots=True)
class Scored:
    score: float
    choice: Choice
    filling: Filling


def read(text: str, choices: Choices) -> Reading | None:
    """None when there is nothing to choose from."""
    found = spans.find(text)
    words = lexicon.stems(_own_words(text, found))
    rarity = _rarity(choices)
    scored = sorted((_score(text, found, words, rarity, choice) for choice in choices), key=lambda one: -one.score)
    if not scored:
        return None
    best = scored[0]
    if best.score < ENOUGH and (anything := next((one for one in scored if one.choice.definition.accepts_any), None)):
        return Reading(anything.choice, _anything(anything, text, whole=True), 0.2)
    if best.choice.definition.accepts_any:
        return Reading(best.choice, _anything(best, text, whole=False), _confidence(scored))
    return Reading(best.choice, _completed(best.filling), _confidence(scored))


def _own_words(text: str, found: Sequence[Span]) -> str:
    """Without what is quoted or part of a path: words in there name no handler."""
    for span in found:
        if span.kind in ("quote", "path", "file", "url", "email"):
            text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text


def _names(choice: Choice) -> frozenset[str]:
    definition = choice.definition
    return lexicon.stems(" ".join((definition.type, *definition.aliases, *choice.labels)).replace(".", " "))


def _vocabulary(choice: Choice) -> Mapping[str, float]:
    """What each word is worth that speaks of this handler."""
    worth = {word: FIELD for one in fields.of(choice.definition) for word in lexicon.stems(one.name)}
    worth |= dict.fromkeys(lexicon.stems(choice.definition.summary.replace("`", " ")), TOLD)
    worth |= dict.fromkeys(_names(choice), NAMED)
    return {word: min(value, WEAK) if word in lexicon.WEAK else value for word, value in worth.items()}


def _rarity(choices: Choices) -> Mapping[str, float]:
    """A word that several handlers share says less about each."""
    shared = Counter(word for choice in choices for word in _vocabulary(choice))
    return {word: 1.0 / math.sqrt(count) for word, count in shared.items()}


def _score(text: str, found: list[Span], words: frozenset[str], rarity: Mapping[str, float], choice: Choice) -> Scored:
    wanted = fields.of(choice.definition)
    filling = Filling(text, found, wanted, _names(choice))
    recognised.fill(filling)
    introduced.fill_named(filling)
    identifiers.fill(filling)
    introduced.fill(filling)
    score = NAMED * _is_spelled_out(text, choice)
    score += sum(worth * rarity[word] for word, worth in _vocabulary(choice).items() if word in words)
    score += FILLED * (sum(_is_telling(one) for one in wanted if one.name in filling.payload) + len(filling.said))
    score -= MISSING * sum(one.required and one.name not in filling.payload and "id" not in one.kinds for one in wanted)
    score -= UNEXPLAINED * sum(1 for _ in filling.left("email", "url", "json", "box", "duration", "times", "quote"))
    return Scored(score, choice, filling)


def _is_spelled_out(text: str, choice: Choice) -> bool:
    """Whether the type stands there as it is written, with its dot."""
    return any("." in name and name.casefold() in text.casefold() for name in (choice.definition.type, *choice.labels))


def _is_telling(one: fields.Field) -> bool:
    """Whether that the field was found says something: an address does, any text does not."""
    kinds = {"email", "url", "path", "json", "duration", "number", "choice", "flag"}
    return bool(kinds & set(one.kinds)) or (one.required and "text" in one.kinds)


def _completed(filling: Filling) -> dict[str, Any]:
    """With an id or an option for those that must be there and were not said."""
    for one in filling.fields:
        if one.required and one.name not in filling.payload:
            if "id" in one.kinds:
                filling.payload[one.name] = identifiers.derived(one, filling)
            elif one.options:
                filling.payload[one.name] = one.options[0]
    return filling.payload


def _confidence(scored: list[Scored]) -> float:
    """How far ahead the best is, as a share; never certain."""
    best = max(scored[0].score, 0.0)
    second = max(scored[1].score, 0.0) if len(scored) > 1 else 0.0
    return round(min(0.95, best / (best + second + 1.0)), 2)


def _anything(scored: Scored, text: str, *, whole: bool) -> dict[str, Any]:
    """The payload of a handler that takes whatever it gets: its own fields, name=value pairs, or a message."""
    filling = scored.filling
    payload = dict(filling.payload)
    pairs = {span.value[0]: recognised.typed(span.value[1]) for span in filling.left("pair")}
    objects = [span.value for span in filling.left("json") if isinstance(span.value, dict)]
    if objects or pairs:
        return {**payload, **(objects[0] if objects else {}), **pairs}
    return {**payload, "message": text if whole else _message(filling)}


def _message(filling: Filling) -> str:
    """What is quoted; else what follows a colon; else what follows the word that names the handler."""
    quote = next(filling.left("quote"), None)
    if quote is not None:
        return str(quote.value)
    text = "".join(" " if not filling.free(place, place + 1) else letter for place, letter in enumerate(filling.text))
    _, colon, rest = text.partition(": ")
    if not colon:
        rest = _after_own_word(text, filling.own)
    return " ".join(rest.split()) or filling.text


def _after_own_word(text: str, own: frozenset[str]) -> str:
    first, *others = text.split(" ") or [""]
    for number, word in enumerate([first, *others]):
        if lexicon.stem(word.strip(",.;:!?")) in own:
            return " ".join([first, *others][number + 1 :])
    return text
