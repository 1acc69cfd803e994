"""Tokens of an outside issuer, whose public keys are read from its JWKS address."""

import logging
from functools import lru_cache
from typing import Any

import jwt
from jwt import PyJWKClient

from jobs.conf import OutsideIssuer, options
from jobs.services import people
from jobs.services.credentials import OUTSIDE, Credential, Identity

logger = logging.getLogger(__name__)

# Never a symmetric one: with it, the issuer's public key would be the secret.
ALGORITHMS = ["RS256", "ES256"]
MAX_SUBJECT = 255
_CLOCKS = 30  # seconds by which the issuer's clock may differ
_TIMEOUT = 3  # seconds to wait for the issuer's keys


def authenticate(token: str) -> Identity | None:
    """Whose token it is; a user is made on first sight. None without such an issuer, and unless the token is
    signed by one of its keys, of it, for us, and not expired.
    """
    issuer = options().outside_issuer
    claims = None if issuer is None else _claims(token, issuer)
    if claims is None:
        return None
    subject = claims["sub"]
    if not 0 < len(subject) <= MAX_SUBJECT or "\0" in subject:
        return None
    user = people.by_subject(subject)
    return None if user is None else Identity(user, Credential(OUTSIDE))


def _claims(token: str, issuer: OutsideIssuer) -> dict[str, Any] | None:
    try:
        # The keys are only asked for when the token says the right algorithm; decoding asks again.
        if jwt.get_unverified_header(token).get("alg") not in ALGORITHMS:
            return None
        return jwt.decode(
            token,
            _keys(issuer.jwks_url).get_signing_key_from_jwt(token),
            algorithms=ALGORITHMS,
            issuer=issuer.name,
            audience=issuer.audience,
            leeway=_CLOCKS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWKClientConnectionError, OSError, RecursionError) as error:  # broken off; nested without end
        logger.warning("the keys of the outside issuer cannot be read: %s", error)
    except (jwt.PyJWTError, ValueError):  # ValueError: text that is not ASCII
        pass
    return None


@lru_cache(maxsize=4)
def _keys(url: str) -> PyJWKClient:
    """Keeps the keys for five minutes; a key that it does not know makes it look again, twice a minute at most."""
    return PyJWKClient(url, timeout=_TIMEOUT)
