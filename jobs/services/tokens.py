"""Tokens of a sign-in: a short-lived one to act, and one to have it renewed, which changes with each use."""

import logging
import time
from datetime import timedelta
from typing import Any, NamedTuple

import jwt
from django.contrib.auth.models import User
from django.db.models import F
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare, salted_hmac

from jobs.conf import options
from jobs.models import TokenSession
from jobs.services.credentials import TOKEN, Credential, Identity

logger = logging.getLogger(__name__)

ISSUER = "flowbit"
ALGORITHM = "HS256"
ACCESS, REFRESH = "access", "refresh"
_REQUIRED = ["exp", "iat", "iss", "sub", "kind", "session", "seal"]
_CLOCKS = 5  # seconds by which clocks of web processes may differ


class Pair(NamedTuple):
    """`expires_in` is seconds, of the access token."""

    access: str
    refresh: str
    expires_in: int


def begin(user: User) -> Pair:
    """A new sign-in of `user`, who has proved who they are."""
    life = options().refresh_token_life
    TokenSession.objects.filter(user_id=user.pk, expires_at__lt=Now()).delete()
    session = TokenSession.objects.create(user_id=user.pk, expires_at=Now() + timedelta(seconds=life))
    session.refresh_from_db()
    return _pair(user, session)


def renew(token: str) -> Pair | None:
    """The next pair of a sign-in. None when `token` is not its newest refresh token; one that was used before
    has been copied by somebody, and ends the sign-in.
    """
    claims = _claims(token, REFRESH)
    session = _session(claims)
    if claims is None or session is None:
        return None
    own = TokenSession.objects.filter(pk=session.pk, ended_at__isnull=True)
    if not own.filter(generation=int(claims["generation"])).update(generation=F("generation") + 1):
        own.update(ended_at=Now())
        logger.warning("a refresh token of user %s was used twice: the sign-in is ended", session.user_id)
        return None
    session.refresh_from_db(fields=["generation"])
    return _pair(session.user, session)


def authenticate(token: str) -> Identity | None:
    """Whose access token it is. None unless it is ours, unchanged, not expired, its sign-in not ended, and
    neither the user shut out nor the password changed since.
    """
    session = _session(_claims(token, ACCESS))
    return None if session is None else Identity(session.user, Credential(TOKEN))


def end_all(user: User) -> int:
    """Sign `user` out everywhere; how many sign-ins were ended."""
    return TokenSession.objects.filter(user_id=user.pk, ended_at__isnull=True).update(ended_at=Now())


def _pair(user: User, session: TokenSession) -> Pair:
    now = int(time.time())
    life = int(options().access_token_life)
    ends = int(session.expires_at.timestamp())
    base = {"iss": ISSUER, "sub": str(user.pk), "iat": now, "session": str(session.pk), "seal": _seal(user)}
    access = {**base, "kind": ACCESS, "exp": min(now + life, ends)}
    refresh = {**base, "kind": REFRESH, "exp": ends, "generation": session.generation}
    return Pair(_signed(access), _signed(refresh), life)


def _signed(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, _key(), algorithm=ALGORITHM)


def _claims(token: str, kind: str) -> dict[str, Any] | None:
    try:
        claims = jwt.decode(
            token, _key(), algorithms=[ALGORITHM], issuer=ISSUER, leeway=_CLOCKS, options={"require": _REQUIRED}
        )
    except (jwt.InvalidTokenError, ValueError):  # ValueError: text that is not ASCII
        return None
    return claims if claims["kind"] == kind else None


def _session(claims: dict[str, Any] | None) -> TokenSession | None:
    """The sign-in that the claims are of, while it lasts."""
    if claims is None:
        return None
    lasting = TokenSession.objects.filter(ended_at__isnull=True, expires_at__gt=Now(), user__is_active=True)
    session = lasting.select_related("user__profile").filter(pk=claims["session"], user_id=claims["sub"]).first()
    if session is None or not constant_time_compare(claims["seal"], _seal(session.user)):
        return None
    return session


def _seal(user: User) -> str:
    """Changes with the password."""
    return str(user.get_session_auth_hash())[:32]


def _key() -> bytes:
    """Derived, so that nothing else that SECRET_KEY signs is ever a token."""
    return salted_hmac("flowbit.tokens", "", algorithm="sha256").digest()
