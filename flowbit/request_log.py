"""Gives every request a name, and writes a line of each."""

import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django.utils.encoding import escape_uri_path
from django.utils.functional import SimpleLazyObject

from jobs import request_id

logger = logging.getLogger("flowbit.access")
HEADER = "X-Request-Id"
PROBES = frozenset({"/health", "/healthz", "/readyz", "/health/db", "/health/redis", "/metrics"})
"""Asked every few seconds by machines: their lines are for the level debug."""
_GONE = 499
"""Nobody waited for the answer: what proxies write for that."""
_LONGEST_PATH = 500

Next = Callable[[HttpRequest], HttpResponseBase]


class Answered:
    """What became of a request."""

    status = _GONE

    def by(self, response: HttpResponseBase) -> HttpResponseBase:
        self.status = response.status_code
        response.headers[HEADER] = request_id.current.get()
        return response


@sync_and_async_middleware
def request_log(get_response: Next) -> Callable[[HttpRequest], Any]:
    """The outermost middleware. Takes X-Request-Id where it is sane, and gives it back."""
    if iscoroutinefunction(get_response):
        following = cast("Callable[[HttpRequest], Awaitable[HttpResponseBase]]", get_response)

        async def in_loop(request: HttpRequest) -> HttpResponseBase:
            with _told(request) as answered:
                return answered.by(await following(request))

        return in_loop

    def in_thread(request: HttpRequest) -> HttpResponseBase:
        with _told(request) as answered:
            return answered.by(get_response(request))

    return in_thread


@contextmanager
def _told(request: HttpRequest) -> Iterator[Answered]:
    """The request's name is known to every line within; in the end there is one of the request itself."""
    token = request_id.current.set(request_id.chosen(request.headers.get(HEADER)))
    began = time.perf_counter()
    answered = Answered()
    try:
        yield answered
    finally:
        _write(request, answered.status, (time.perf_counter() - began) * 1000)
        request_id.current.reset(token)


def _write(request: HttpRequest, status: int, milliseconds: float) -> None:
    """Without the query, which may hold a secret, and without anything that could begin a line of its own."""
    path = escape_uri_path(request.path)[:_LONGEST_PATH]
    method, user, took = str(request.method)[:20], _user_id(request), round(milliseconds, 1)
    level = logging.DEBUG if request.path in PROBES else logging.INFO
    figures = {"method": method, "path": path, "status": status, "ms": took, "user_id": user}
    by = "" if user is None else f" user {user}"
    logger.log(level, "%s %s %d %.1f ms%s", method, path, status, took, by, extra={"figures": figures})


def _user_id(request: HttpRequest) -> int | None:
    """Of a user that somebody has asked for: a line in the log is no reason to ask the database."""
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject):
        user = getattr(request, "_cached_user", None)
    found: int | None = getattr(user, "pk", None)
    return found
