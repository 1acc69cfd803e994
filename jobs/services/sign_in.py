"""Signing in by a password, from wherever, with a limit on wrong tries per user name and per address."""

import hashlib
import ipaddress
import unicodedata
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest

from jobs.conf import options
from jobs.services import throttle
from jobs.store import throttles

TOO_MANY = "too many sign-ins were tried, wait a while"


class LimitedBackend(ModelBackend):
    """Django's own, for every form and endpoint alike. A try counts before the password is looked at, so that
    many at once are no way around; the right password takes it back.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Raises TooMany. Names that nobody has are counted just the same."""
        if request is None or username is None or password is None:
            return super().authenticate(request, username, password, **kwargs)
        name, address = _name_key(username), address_key(request.META.get("REMOTE_ADDR") or "")
        conf = options()
        throttle.check(address, conf.login_address_rate, TOO_MANY)
        throttle.check(name, conf.login_rate, TOO_MANY)
        user = super().authenticate(request, username, password, **kwargs)
        if user is not None:
            throttles.forget([name])
            throttles.take_back([address])
        return user

    async def aauthenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Django's would go past the limit."""
        return await sync_to_async(self.authenticate)(request, username, password, **kwargs)


def address_key(address: str) -> str:
    """Whoever has one IPv6 address has a whole /64 of them."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return f"sign-in address {address[:100]}"
    if found.version == 6:
        return f"sign-in address {ipaddress.ip_network((found, 64), strict=False)}"
    return f"sign-in address {found}"


def _name_key(username: str) -> str:
    """Hashed: people type their password into the wrong field."""
    same = unicodedata.normalize("NFKC", username).casefold().encode("utf-8", "replace")
    return f"sign-in name {hashlib.sha256(same).hexdigest()[:32]}"
