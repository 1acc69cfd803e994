"""Who is behind a web request, as audit rows name it."""

from django.http import HttpRequest

from jobs.services.audit import Actor


def of_request(request: HttpRequest) -> Actor:
    """The signed-in user at the connection's address; headers that a client may set are not believed."""
    return Actor(request.user.pk, request.user.get_username() or "anonymous", request.META.get("REMOTE_ADDR") or "")
