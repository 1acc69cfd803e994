"""What a word introduces: the field's own name (`subject: Lunch`), a preposition (`about ...`), a colon, a quote."""

import re
from collections.abc import Sequence

from dispatcher.providers.offline import lexicon
from dispatcher.providers.offline.fields import Field
from dispatcher.providers.offline.filling import Filling

_TOKEN = re.compile(r"[A-Za-z0-9_$][^\s,;\"'`]*")
_COLON = r":\s+"


def fill_named(filling: Filling) -> None:
    """`subject: Lunch on Friday`, `event order.paid`"""
    for one in filling.open("text"):
        _after(filling, one, rf"\b{one.spoken}\b{lexicon.GLUE}", said=True)


def fill(filling: Filling) -> None:
    """`about the launch`, `saying that it is done`; a colon is the weakest of them, then come quotes."""
    for one in filling.open("text"):
        words = set(one.words)
        if words & lexicon.SUBJECTS:
            _after(filling, one, _any_of(lexicon.ABOUT))
        elif words & lexicon.BODIES and "json" not in one.kinds:
            _after(filling, one, _any_of(lexicon.SAYING)) or _after(filling, one, _COLON)
    _left_in_quotes(filling)


def _any_of(leads: Sequence[str]) -> str:
    return rf"\b(?:{'|'.join(leads)})\b\s*:?\s*"


def _after(filling: Filling, one: Field, lead: str, *, said: bool = False) -> bool:
    """Take what follows the first free `lead`, if something does."""
    for found in re.finditer(lead, filling.text, re.I):
        if not filling.free(found.start(), found.end()) or filling.inside(found.start(), "quote", "url", "email"):
            continue
        if _take(filling, one, found.start(), found.end(), said):
            return True
    return False


def _take(filling: Filling, one: Field, start: int, begin: int, said: bool) -> bool:
    """The quote, or else the clause or the word, that begins at `begin`."""
    quote = next((span for span in filling.left("quote") if span.start == begin), None)
    if quote is not None:
        filling.put(one, quote.value, start, quote.end, said=said)
        return True
    end = _clause_end(filling, one, begin) if one.is_prose else _token_end(filling.text, begin)
    value = lexicon.without_loose_end(filling.text[begin:end])
    if not value or value.lower() in lexicon.STOP:
        return False
    filling.put(one, value, start, end, said=said)
    return True


def _token_end(text: str, begin: int) -> int:
    token = _TOKEN.match(text, begin)
    return token.end() if token else begin


def _clause_end(filling: Filling, one: Field, begin: int) -> int:
    """Before the next thing that another field has taken, or that introduces another field."""
    ends = [low for low, _ in filling.taken if low >= begin]
    leads = _other_leads(filling, one)
    if leads:
        join = rf"[,;]?\s+(?:and\s+)?(?:with\s+)?(?:{lexicon.ARTICLES}\s+)?(?:{'|'.join(leads)})\b"
        found = re.search(join, filling.text[begin:], re.I)
        ends += [begin + found.start()] if found else []
    return min(ends, default=len(filling.text))


def _other_leads(filling: Filling, one: Field) -> list[str]:
    others = [other for other in filling.open("text") if other.name != one.name]
    words = {word for other in others for word in other.words}
    found = [other.spoken for other in others]
    if words & lexicon.BODIES:
        found += [word for word in lexicon.SAYING if word != "that"]
    if words & lexicon.SUBJECTS:
        found += [word for word in lexicon.ABOUT if word != "re"]
    return found


def _left_in_quotes(filling: Filling) -> None:
    """To the body first, then to any other text that takes several words."""
    empty = sorted(filling.open("text"), key=lambda one: (not one.required, not set(one.words) & lexicon.BODIES))
    quotes = list(filling.left("quote"))
    for one, span in zip([one for one in empty if one.is_prose], quotes, strict=False):
        filling.put(one, span.value, span.start, span.end)
