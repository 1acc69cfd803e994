"""A little English: which words mean the same, and what comes after them. Nothing here knows a handler."""

import re
from collections.abc import Sequence

_SAME = {
    "email": "mail e-mail emails",
    "image": "picture photo photograph pic",
    "thumbnail": "shrink scale resize preview",
    "cleanup": "clean purge prune tidy",
    "fail": "failure crash break",
    "fetch": "download retrieve get",
    "store": "keep save",
    "notify": "notification alert know",
    "run": "execute launch start",
    "error": "exception",
    "delete": "remove erase",
    "page": "website webpage site",
    "scrape": "crawl extract",
    "aggregate": "collect gather combine",
    "webhook": "callback hook",
    "report": "statistics summary",
    "web": "console browser",
    "cancelled": "canceled",
    "succeeded": "successful",
}
CANONICAL = {word: name for name, words in _SAME.items() for word in words.split()}

_STOP = """
a an the and or of to for from in on at by with as is are was be been it its this that these those i we you he
she they me us my our your some any all please could would can will should just so then than not no one more
only through via into over about regarding saying has have had do does did what who which let make made want
need like there here if when after before out up down off too very also per now new everybody everyone team
"""
STOP = frozenset(_STOP.split())
ARTICLES = r"(?:the|a|an|my|our|this|that)"

_WEAK = "send run generat make creat dispatch do proces job task"
WEAK = frozenset(_WEAK.split())
"""Stems that are in many handlers' names, and say little about which."""

ABOUT = ("about", "regarding", "concerning", "re")
SAYING = ("saying", "says", "telling", "stating", "that", "to say")
SUBJECTS = frozenset({"subject", "title", "topic", "headline"})
BODIES = frozenset({"body", "message", "text", "content", "note", "comment"})
PROSE = SUBJECTS | BODIES | {"command", "description", "prompt", "summary"}
"""Names of fields that take several words; others take one, unless it is quoted."""

ORIGINS = {"source": ("from", "of", "at"), "target": ("to", "into"), "destination": ("to", "into")}
SIZES = {"xs": "tiny", "sm": "small", "md": "medium", "lg": "large", "xl": "huge"}
SPELLINGS = {"jpeg": "jpg", **SIZES}
SUFFIXES = {"ms": 0.001, "milliseconds": 0.001, "seconds": 1.0, "secs": 1.0, "minutes": 60.0, "hours": 3600.0}
"""How a field's name tells the unit of its number."""

GLUE = r"\s*(?:\b(?:is|are|of|as|to|named|called|the|following|words?)\b\s*|[:=]\s*){0,3}"
"""What may stand between a field's name and its value."""
END = ".,;:!?"

_LOOSE = re.compile(r"[\s,;]+(?:and|as|by|for|in|on|per|through|to|via|with)\s*\Z", re.IGNORECASE)

_ENDINGS = ("ing", "ied", "ed", "es", "s")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[a-z]+)?")


def spoken(words: Sequence[str]) -> str:
    """A pattern for a name of several words, however they are joined."""
    return r"[\s_-]?".join(re.escape(word) for word in words)


def without_loose_end(text: str) -> str:
    """A clause without its punctuation, and without a preposition whose noun something else has taken."""
    return _LOOSE.sub("", text).strip().rstrip(END)


def stem(word: str) -> str:
    """`Emails` -> `email`, `fetched` -> `fetch`: the same for words that mean the same, as far as we know."""
    low = word.lower()
    if low in CANONICAL:
        return CANONICAL[low]
    for ending in _ENDINGS:
        root = low.removesuffix(ending)
        if root != low and len(root) >= 3:
            return CANONICAL.get(root, CANONICAL.get(root + "e", root.rstrip("e")))
    return low.rstrip("e") if len(low) > 4 else low


def stems(text: str) -> frozenset[str]:
    """What a text speaks of, without the words that are in every sentence."""
    words = (word for word in _WORD.findall(text.replace("_", " ")) if word.lower() not in STOP)
    return frozenset(stem(part) for word in words for part in {word, *word.split("-")})
