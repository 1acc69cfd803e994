"""Who may open a stream: from where, as whom, and how many of them at once."""

import threading
from collections import Counter
from dataclasses import dataclass
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.http import HttpRequest, parse_cookie
from django.http.request import split_domain_port, validate_host

from jobs import trusted
from jobs.actors import SESSION
from jobs.api import throttles
from jobs.conf import options
from jobs.errors import NoIdentity, NotAllowed, TooMany
from jobs.services import hearing, identify
from jobs.services.credentials import Credential, Identity
from jobs.services.hearing import Scope
from jobs.trusted import Visit

WAIT = 30
"""Seconds after which who has too many streams may try again."""
_HERE = ["localhost", "127.0.0.1", "[::1]", ".localhost"]


@dataclass(frozen=True, slots=True)
class Admission:
    """`name` is whose streams are counted together."""

    user: User
    scope: Scope
    name: str


def admit(visit: Visit, token: str | None, *, again: bool = False) -> Admission:
    """Who it is and what they may hear; `token` is the one of the address. `again` is for a stream that is open.

    Raises:
        NotAllowed: it comes from a page of another origin, or by a name that is not ours.
        NoIdentity: nobody, or nobody any more.
        rest_framework.exceptions.Throttled: too often.
    """
    _check_origin(visit)
    found = _identity(visit, token)
    name = throttles.name_of(found.credential, found.user.pk, visit.address)
    if not again:
        throttles.count_stream(found.credential, found.user.pk, visit.address)
    return Admission(found.user, hearing.of(found.user), name)


def _check_origin(visit: Visit) -> None:
    """A browser sends the cookies of its user with what any page asks for: so it must be one of our pages."""
    domain, _ = split_domain_port(visit.ours.partition("://")[2])
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS or (_HERE if settings.DEBUG else [])):
        raise NotAllowed("this is not the name of this server")
    if visit.is_foreign and visit.headers.get("origin") not in settings.CSRF_TRUSTED_ORIGINS:
        raise NotAllowed("a page of another origin may not listen here")


def _identity(visit: Visit, in_address: str | None) -> Identity:
    """The first credential that is shown counts, as in the API."""
    token = identify.token_in(visit.headers)
    token = in_address if token is None else token
    if token is not None:
        found = identify.by_token(token)
        if found is None:
            throttles.count_bad_token(visit.address)
            raise NoIdentity("the token is not valid")
        return found
    try:
        known = trusted.by_header(visit) or _by_session(visit) or trusted.by_cookie(visit)
    except PermissionError as error:
        raise NoIdentity(str(error)) from None
    if known is None:
        raise NoIdentity("sign in, or show a token")
    return known


def _by_session(visit: Visit) -> Identity | None:
    key = parse_cookie(visit.headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    return Identity(user, Credential(SESSION)) if isinstance(user, User) else None


class Turnstile:
    """Counts the open streams of each name in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()

    def enter(self, name: str) -> None:
        """Raises TooMany."""
        with self._lock:
            if self._open[name] >= options().streams_per_identity:
                raise TooMany("you have too many streams open", WAIT)
            self._open[name] += 1

    def leave(self, name: str) -> None:
        with self._lock:
            self._open[name] -= 1
            if not self._open[name]:
                del self._open[name]


turnstile = Turnstile()
