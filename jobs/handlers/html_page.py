"""Title, description and links of an HTML page, in bounded amounts and linear time. Pure.

The parser of the standard library takes quadratic time on hostile pages (minutes for 100 KB, in Pythons in
use). The few things wanted here are found by one expression in one pass, whose matches never overlap.
"""

import codecs
import html
import re
from dataclasses import dataclass, field
from urllib.parse import urldefrag, urljoin, urlsplit

MAX_LINKS = 500
MAX_TEXT = 1000
MAX_URL = 2048

# A tag's attributes never extend over a "<", so that an unfinished tag costs no more than its own length.
_TOKEN = re.compile(
    r"""<!--.*?(?:-->|\Z)
    | <(?P<raw>script|style|template|textarea)(?=[\s>]).*?(?:</(?P=raw)|\Z)
    | <title(?:\s[^<>]*+)?>(?P<title>.*?)(?:</title|\Z)
    | <(?P<tag>a|area|base|meta)(?=[\s/])(?P<attributes>(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_ATTRIBUTE = re.compile(r"""([^\s"'=<>/]{1,50}+)\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_SLOW = frozenset({"idna", "punycode"})
"""Encodings that no page is in, and whose decoders take quadratic time."""


@dataclass(slots=True)
class Page:
    title: str = ""
    description: str = ""
    links: list[str] = field(default_factory=list)


def read(body: bytes, url: str, charset: str | None = None) -> Page:
    """What `body`, fetched from `url`, tells. `charset` is what the HTTP header named."""
    titles: list[str] = []
    descriptions: dict[str, str] = {}
    links: dict[str, None] = {}
    for token in _TOKEN.finditer(_decoded(body, charset)):
        tag = (token["tag"] or "").lower()
        attributes = _attributes(token["attributes"] or "")
        if token["title"] is not None:
            titles.append(token["title"])
        elif tag == "meta":
            name = attributes.get("name") or attributes.get("property", "")
            descriptions.setdefault(name.lower(), attributes.get("content", ""))
        elif tag == "base":
            url = _absolute(url, attributes.get("href", "")) or url
        elif tag and len(links) < MAX_LINKS and (link := _absolute(url, attributes.get("href", ""))):
            links[link] = None
    description = descriptions.get("description") or descriptions.get("og:description", "")
    # The first title only: a picture in the page may have one of its own.
    return Page(_one_line(html.unescape("".join(titles[:1]))), _one_line(description), list(links))


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), html.unescape("".join(values)))
    return found


def _decoded(body: bytes, charset: str | None) -> str:
    named = _CHARSET.search(body, 0, 4096)
    for name in (charset, named and named[1].decode()):
        try:
            if name and codecs.lookup(name).name not in _SLOW:
                return body.decode(name, "replace")
        except (LookupError, ValueError):
            continue
    return body.decode("utf-8", "replace")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:MAX_TEXT]


def _absolute(base: str, reference: str) -> str | None:
    """The http(s) address that `reference` means on a page at `base`, without its fragment, or None."""
    if not reference.strip() or len(reference) > MAX_URL:
        return None
    try:
        link = urldefrag(urljoin(base, reference.strip())).url
        scheme = urlsplit(link).scheme
    except ValueError:
        return None
    is_web = scheme in ("http", "https") and not _CONTROL.search(link)
    return link if is_web and len(link) <= MAX_URL else None
