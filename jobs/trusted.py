"""Believing a header that says who calls: for a gateway in front that has checked it, and for the demo on one machine.

Everything here gives None while FLOWBIT_TRUST_USER_HEADER is off.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest, parse_cookie

from jobs.conf import options
from jobs.services import people
from jobs.services.credentials import DEMO, HEADER, Credential, Identity

OFF, ON, LOOPBACK = "off", "on", "loopback"
USER_HEADER = "x-user-id"
COOKIE = "flowbit_session"
DEMO_USER = "demo"
# With one of them the connection's address is a proxy's, and says nothing about the client.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_CREDENTIALS = ("authorization", "x-api-key", "x-admin-token", USER_HEADER)


@dataclass(frozen=True, slots=True)
class Visit:
    """What a connection shows before anybody believes it. Names of headers are in lower case."""

    address: str
    ours: str
    """The origin that the client means us by: https://jobs.example.com"""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_request(cls, request: HttpRequest) -> "Visit":
        headers = {name.lower(): value for name, value in request.headers.items()}
        return cls(request.META.get("REMOTE_ADDR") or "", f"{request.scheme}://{request.get_host()}", headers)

    @classmethod
    def of_scope(cls, scope: Mapping[str, Any]) -> "Visit":
        """Of an ASGI connection, such as a WebSocket's."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", ""), scope.get("scheme", "http"))
        client = scope.get("client") or ("", 0)
        return cls(client[0], f"{scheme}://{headers.get('host', '')}", headers)

    @property
    def is_foreign(self) -> bool:
        """Whether a browser sent it for a page that is not ours: any site may make it call this machine."""
        if (origin := self.headers.get("origin")) is not None:
            return origin not in {self.ours, *settings.CORS_ALLOWED_ORIGINS}
        return self.headers.get("sec-fetch-site") in {"cross-site", "same-site"}


def by_header(visit: Visit) -> Identity | None:
    """Whom X-User-Id names. Raises PermissionError when it names somebody that it may not."""
    name = visit.headers.get(USER_HEADER)
    return None if name is None or not _is_trusted(visit) else _named(name, visit)


def by_cookie(visit: Visit) -> Identity | None:
    """Whom the cookie `flowbit_session` names. Raises PermissionError when it names somebody that it may not."""
    name = parse_cookie(visit.headers.get("cookie", "")).get(COOKIE)
    return None if not name or not _is_trusted(visit) else _named(name, visit)


def as_demo(visit: Visit) -> Identity | None:
    """The demo's user, for a client on this machine that shows no credential at all."""
    conf = options()
    if not conf.demo or conf.trust_user_header != LOOPBACK or not _is_trusted(visit):
        return None
    if visit.is_foreign or any(name in visit.headers for name in _CREDENTIALS):
        return None
    user = people.by_header(DEMO_USER)
    return None if user is None else Identity(user, Credential(DEMO))


def _named(name: str, visit: Visit) -> Identity:
    if visit.is_foreign:
        raise PermissionError("a page of another origin does not act for anybody here")
    user = people.by_header(name)
    if user is None:
        raise PermissionError("nobody of this name may come by a header")
    return Identity(user, Credential(HEADER))


def _is_trusted(visit: Visit) -> bool:
    mode = options().trust_user_header
    return mode == ON or (mode == LOOPBACK and _is_here(visit))


def _is_here(visit: Visit) -> bool:
    try:
        address = ipaddress.ip_address(visit.address)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback and not any(name in visit.headers for name in _FORWARDED)
