"""`url_scrape`: what a web page says of itself."""

from typing import Any

from jobs.context import Context
from jobs.handler import handler
from jobs.handlers import guarded_http, html_page
from jobs.handlers.payloads import WebUrl
from jobs.outcomes import Discard

LIMIT = 1024 * 1024
"""Bytes of a page that are read; what is worth knowing stands in the beginning."""

_HTML = ("text/html", "application/xhtml+xml")


@handler("url_scrape", timeout="60s")
def scrape_url(ctx: Context, url: WebUrl) -> dict[str, Any]:
    """Fetch a web page and return its title, description and links."""
    with guarded_http.get(url) as reply:
        media_type = reply.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
        if media_type not in _HTML:
            raise Discard(f"not a web page but {media_type[:100]!r}")
        body = reply.beginning(LIMIT)
        page = html_page.read(body, reply.url, reply.response.charset_encoding)
    return {
        "url": reply.url,
        "status": reply.status,
        "title": page.title,
        "description": page.description,
        "links": page.links,
    }
