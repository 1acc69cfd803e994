"""Whose token is it? One question for headers, streams and everything else that carries one."""

from collections.abc import Mapping

from jobs.services import known_keys, outside_tokens, tokens
from jobs.services.credentials import Identity

MAX_TOKEN = 8192
SCHEME = "bearer"


def token_in(headers: Mapping[str, str]) -> str | None:
    """The first token that a request carries: `Authorization: Bearer`, `X-API-Key` or `X-Admin-Token`; a blank one is
    one. Names of headers are in lower case.
    """
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == SCHEME:
        return value.strip()
    return headers.get("x-api-key", headers.get("x-admin-token"))


def by_token(token: str) -> Identity | None:
    """The identity behind an API key, ADMIN_TOKEN, a token of a sign-in or of the outside issuer.

    None for everything else; why is never told. What the identity may do, its user's `has_perm` says, and
    `jobs.services.access` what it sees.
    """
    if not token or len(token) > MAX_TOKEN:
        return None
    found = known_keys.authenticate(token)
    if found is None and token.count(".") == 2:
        found = tokens.authenticate(token) or outside_tokens.authenticate(token)
    return found
