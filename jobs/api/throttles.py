"""How often a credential may call. Ordinary requests are counted by each web process for itself, in memory, because
they are many; what is dear is counted in PostgreSQL, for all processes together.
"""

import math
import time
from dataclasses import dataclass

from django.core.cache import caches
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from jobs.conf import options
from jobs.rates import Rate
from jobs.services import credentials, throttle
from jobs.services.credentials import Credential

CACHE = "throttles"
BAD_TOKENS = Rate(60, 60.0)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the headers X-RateLimit-* say; `reset` is seconds."""

    limit: int
    remaining: int
    reset: int


class CredentialThrottle(BaseThrottle):
    """Per API key, else per user, else per address."""

    standing: Standing | None = None

    def allow_request(self, request: Request, view: object) -> bool:
        name, rate = _who(request)
        if rate is None:
            return True
        count, left = _count(name, rate)
        self.standing = _stand(request, rate, count, left)
        return count <= rate.count

    def wait(self) -> float | None:
        return None if self.standing is None else self.standing.reset


class DispatchThrottle(CredentialThrottle):
    """Stricter, beside the other one, for what asks a paid model."""

    def allow_request(self, request: Request, view: object) -> bool:
        rate = options().dispatch_rate
        if rate is None:
            return True
        counted = throttle.count_dispatch(_who(request)[0], rate)
        self.standing = _stand(request, rate, counted.number, counted.left)
        return counted.number <= rate.count


def count_bad_token(address: str) -> None:
    """Nobody guesses for long. Raises Throttled."""
    _take(f"bad token {address}", BAD_TOKENS)


def count_stream(credential: object, user_id: int | None, address: str) -> None:
    """To open a stream counts as a request. Raises Throttled."""
    rate = _rate(credential)
    if rate is not None:
        _take(name_of(credential, user_id, address), rate)


def name_of(credential: object, user_id: int | None, address: str) -> str:
    """Under which name somebody's requests are counted: by key, else by user, else by address."""
    if isinstance(credential, Credential) and credential.kind == credentials.KEY:
        return f"key {credential.name}"
    return f"address {address}" if user_id is None else f"user {user_id}"


def _take(name: str, rate: Rate) -> None:
    count, left = _count(name, rate)
    if count > rate.count:
        raise Throttled(wait=left)


def _rate(credential: object) -> Rate | None:
    is_key = isinstance(credential, Credential) and credential.kind == credentials.KEY
    return options().key_rate if is_key else options().api_rate


def _who(request: Request) -> tuple[str, Rate | None]:
    return name_of(request.auth, request.user.pk, address(request)), _rate(request.auth)


def address(request: Request) -> str:
    return str(request.META.get("REMOTE_ADDR") or "")


def _count(name: str, rate: Rate) -> tuple[int, float]:
    """How many came in the present window, this one included, and how many seconds it still lasts."""
    now = time.time()
    window = int(now // rate.seconds)
    key, left = f"{name} {window}".replace(" ", ":"), (window + 1) * rate.seconds - now
    cache = caches[CACHE]
    cache.add(key, 0, timeout=math.ceil(rate.seconds))
    try:
        return cache.incr(key), left
    except ValueError:  # it was dropped in between
        return 1, left


def _stand(request: Request, rate: Rate, count: int, left: float) -> Standing:
    """Kept on the request, where the middleware finds it; of several throttles the last one that counted."""
    standing = Standing(rate.count, max(0, rate.count - count), max(1, math.ceil(left)))
    request._request.rate_limit = standing  # type: ignore[attr-defined] # ours
    return standing
