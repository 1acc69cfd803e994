"""Who is behind a web request, as audit rows name it."""

from django.http import HttpRequest
from rest_framework.request import Request

from jobs.services.audit import Actor
from jobs.services.credentials import Credential

SESSION = "session"


def of_request(request: HttpRequest | Request) -> Actor:
    """The user behind the request, at the connection's address, by their credential; headers that a client may
    set are not believed.
    """
    credential = getattr(request, "auth", None)
    via = str(credential) if isinstance(credential, Credential) else SESSION
    address = request.META.get("REMOTE_ADDR") or ""
    return Actor(request.user.pk, request.user.get_username() or "anonymous", address, via)
