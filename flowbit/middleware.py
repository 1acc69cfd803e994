"""Headers that every answer has, the answer to too many sign-ins, and text without hidden turns."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from jobs.api.throttles import Standing
from jobs.console.controls import revealed_in_html
from jobs.errors import TooMany

Next = Callable[[HttpRequest], HttpResponse]
POLICY = "Content-Security-Policy"


class SecurityPolicy:
    """Says which scripts a browser may run. A view that needs another policy sets the header itself."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._next(request)
        if POLICY not in response.headers:
            response.headers[POLICY] = _policy(request.path)
        return response


def _policy(path: str) -> str:
    """The policy of the longest prefix in the settings that `path` begins with; a path may be `*`, or a whole URL."""
    policies: dict[str, str] = settings.CONTENT_POLICIES
    return policies[max((prefix for prefix in policies if path.startswith(prefix)), key=len, default="/")]


class RateLimit:
    """Tells how often the caller may still call, where something counted."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._next(request)
        standing = getattr(request, "rate_limit", None)
        if isinstance(standing, Standing):
            response.headers["X-RateLimit-Limit"] = str(standing.limit)
            response.headers["X-RateLimit-Remaining"] = str(standing.remaining)
            response.headers["X-RateLimit-Reset"] = str(standing.reset)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A form of Django's own, such as the admin's sign-in, that was sent too often."""
        if not isinstance(exception, TooMany):
            return None
        headers = {"Retry-After": str(exception.wait)}
        if request.path.startswith("/api/"):
            body: dict[str, Any] = {"error": exception.message, "code": exception.code, "details": {}}
            return JsonResponse(body, status=429, headers=headers)
        text = f"{exception.message.capitalize()}: {exception.wait} seconds.\n"
        return HttpResponse(text, status=429, headers=headers, content_type="text/plain")


class RevealControls:
    """Shows what a page holds of characters that are not seen. All of its text may come from outside."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._next(request)
        if not response.streaming and response.headers.get("Content-Type", "").startswith("text/html"):
            response.content = revealed_in_html(response.content.decode(response.charset))
        return response
