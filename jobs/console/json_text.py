"""JSON with its parts marked for colours. Everything in it comes from a job, and is escaped."""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString

MOST = 20_000
"""Characters that are shown; a page is not the place for a whole file."""
_TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=:))|(?P<string>"(?:[^"\\]|\\.)*"?)|(?P<number>-?\d[\d.eE+-]*)|(?P<word>true|false|null)'
)


@dataclass(frozen=True, slots=True)
class Shown:
    html: SafeString
    length: int
    cut: bool


def coloured(value: Any) -> Shown:
    """Indented, escaped, with `<span class="j-key">` and the like; at most `MOST` characters of it."""
    # Half a pair of surrogates is no text that could be sent.
    text = _text(value).encode("utf-8", "backslashreplace").decode()
    return Shown(marked(text[:MOST]), len(text), len(text) > MOST)


def marked(text: str) -> SafeString:
    """JSON, or the beginning of some, with its parts in spans."""
    return SafeString("".join(_parts(text)))


def _text(value: Any) -> str:
    try:
        return json.dumps(value, indent=2, ensure_ascii=False, default=str)
    except RecursionError:
        return "(nested too deeply to be shown)"


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    end = 0
    for found in _TOKEN.finditer(text):
        parts.append(escape(text[end : found.start()]))
        parts.append(f'<span class="j-{found.lastgroup}">{escape(found.group())}</span>')
        end = found.end()
    return [*parts, escape(text[end:])]
