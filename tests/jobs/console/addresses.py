"""Every address of the console, and by which names its page is asked: from the URLs and the page itself, so that a new
one is among them without a word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar
from unittest.mock import patch
from urllib.parse import quote

from django.contrib import admin
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from jobs.admin.verbs import VerbAdmin
from jobs.console import metrics
from jobs.console.bulk.words import WORDS
from jobs.filters import bulk_filters, event_filters, job_filters, letter_filters
from jobs.models import BulkOperation, Job

PAGES = ("/admin/", "/my/", "/login", "/settings/")
PART = re.compile(r"<[^>]+>|\(\?P<\w+>[^)]*\)\$?")
_FILTERS = (*bulk_filters.JOBS, *bulk_filters.LETTERS, *event_filters.FILTERS, *job_filters.LIST, *letter_filters.LIST)
ANY = {*(one.name for one in (*_FILTERS, *metrics.FILTERS)), "payload.a", "payload.", "user__password__startswith"}
"""For pages that look at every parameter there is."""
FIELDS = {"username", "groups", "permissions", "user__password__startswith"}
"""For Django's own forms, which take every parameter for what a field begins with."""


@dataclass(frozen=True, slots=True)
class Route:
    pattern: str
    view: Any

    @property
    def group(self) -> str:
        """What is about one table, or one page that has panels."""
        return "/".join(self.pattern.split("/")[:4]) if self._admin or self._panels else "others"

    @property
    def path(self) -> str:
        """That of something that is there."""
        return PART.sub(lambda part: self._part(part[0]), self.pattern).rstrip("$")

    def shapes(self) -> list[str]:
        """The queries by which it shows different things: its panels, its verbs."""
        if self._admin and "/verb/" in self.pattern:
            return [f"key={_key(self._admin.model.objects.first())}"]
        if self.pattern == "/admin/bulk/begin/":
            return [f"verb={name}" for name in WORDS]
        return ["", *(f"panel={name}" for name in self._panels), *(["drawer=1"] if self._panels else [])]

    @property
    def _panels(self) -> list[str]:
        return list(getattr(getattr(self.view, "view_class", None), "panels", ()))

    @property
    def _admin(self) -> Any:
        """That of the table which the address is about."""
        named = re.match(r"/admin/(\w+)/(\w+)/", self.pattern)
        models = [one for one in admin.site._registry if named and one._meta.label_lower == ".".join(named.groups())]
        return admin.site.get_model_admin(models[0]) if models else None

    def _part(self, part: str) -> str:
        if "app_label" in part:
            return "jobs"
        if "name" in part and isinstance(self._admin, VerbAdmin):
            return str(self._admin.verbs[0].name)
        rows = BulkOperation if "operation_id" in part else self._admin.model if self._admin else Job
        return _key(rows.objects.first())


def _key(row: Any) -> str:
    return quote(str(admin.utils.quote(row.pk))) if row else "1"


def _routes(patterns: Any = None, prefix: str = "/") -> Iterator[Route]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and (route == "/" or route.startswith(PAGES)):
            yield Route(route, pattern.callback)


ROUTES = list({route.pattern: route for route in reversed([*_routes()])}.values())[::-1]
"""The first of a pattern is the one that is asked."""
GROUPS = sorted({route.group for route in ROUTES})


class _Noting(QueryDict):
    """Parameters that remember by which names they, or their copies, were asked for."""

    asked: ClassVar[set[str]]

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)

    def getlist(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().getlist(key, default)

    def items(self) -> Any:
        self.asked |= ANY
        return super().items()

    def lists(self) -> Any:
        self.asked |= ANY
        return super().lists()


def names(client: Client, address: str) -> tuple[list[str], list[str]]:
    """What the page there asks for by name, and what it may find among all there is."""
    asked: set[str] = set()
    noting: type[_Noting] = type("Noting", (_Noting,), {"asked": asked})
    given = property(lambda request: noting(request.META.get("QUERY_STRING", "")))
    with patch.object(WSGIRequest, "GET", given):
        assert client.get(address).status_code < 500, address
    every = asked & ANY
    if address.startswith("/admin/auth/"):
        every = FIELDS if every else every
    return sorted(asked - ANY), sorted(every)
