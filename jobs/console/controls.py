"""Characters that nobody sees and that change what is seen: they are shown as JSON writes them (`\\u202e`)."""

import json
import re

# Control characters but tab and ends of lines; soft hyphens, zero-width spaces and joins of words, marks that turn the
# direction of text around, and the invisible copy of ASCII. Joiners of letters and emoji stay.
_HIDDEN = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\U000e0000-\U000e007f"
)
_IN_TEXT = re.compile(f"[{_HIDDEN}]")
# What a form would send back is not touched: text that is escaped cannot look like these.
_IN_HTML = re.compile(rf'<textarea\b.*?</textarea>|\svalue="[^"]*"|([{_HIDDEN}])', re.DOTALL)


def revealed(text: str) -> str:
    """A piece of plain text, or of JSON, which stays the same JSON."""
    return _IN_TEXT.sub(_written, text)


def revealed_in_html(html: str) -> str:
    """A page or a part of one, but for the values of its forms."""
    if _IN_TEXT.search(html) is None:
        return html
    return _IN_HTML.sub(lambda found: _written(found) if found.group(1) else found.group(), html)


def _written(found: re.Match[str]) -> str:
    return json.dumps(found.group())[1:-1]
