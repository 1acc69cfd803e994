"""What a view answers to a button: a word to the person, and which parts of the page are to be asked anew."""

import json
from typing import Literal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from jobs.console.controls import revealed

Level = Literal["success", "info", "warning", "error"]


def acted(request: HttpRequest, said: str, back: str, level: Level = "success") -> HttpResponse:
    """To HTMX: `said` as a toast, the dialog closed, live panels refreshed. Without it: `said` on the page `back`."""
    if not request.headers.get("HX-Request"):
        getattr(messages, level)(request, said)
        return HttpResponseRedirect(back)
    return told(HttpResponse(status=204), said, level, acted=True)


def told(response: HttpResponse, said: str, level: Level = "info", *, acted: bool = False) -> HttpResponse:
    """Add a toast to an answer; with `acted`, the page refreshes what is live."""
    events: dict[str, object] = {"toast": {"level": level, "text": revealed(said)}}
    if acted:
        events["acted"] = {}
    # Headers are Latin-1: JSON's escapes carry what is not.
    response["HX-Trigger"] = json.dumps(events, ensure_ascii=True)
    return response
