"""Whose API key is it? The one of ADMIN_TOKEN makes itself."""

import hashlib
import re
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare

from jobs import scopes
from jobs.conf import options
from jobs.models import ApiKey
from jobs.services import keyed
from jobs.services.credentials import KEY, Credential, Identity

ADMIN_USER = "admin-token"
ADMIN_ROLE = "admin"
ADMIN_NAME = "ADMIN_TOKEN of the settings"
_TOKEN = re.compile(r"fb_([0-9a-f]{12})_[A-Za-z0-9_-]{43}\Z")


def authenticate(token: str) -> Identity | None:
    """Whose key `token` is. None for one that is unknown, wrong, revoked, expired, or of somebody shut out:
    these are never told apart.
    """
    hashed = digest(token)
    if not _is_admin_token(hashed):
        shaped = _TOKEN.match(token)
        return _find(shaped[1], hashed) if shaped else None
    found = _find(_admin_prefix(hashed), hashed)
    if found is None:
        ensure_admin_key()  # or another request has just made it
        found = _find(_admin_prefix(hashed), hashed)
    return found


def ensure_admin_key() -> bool:
    """Make the key of ADMIN_TOKEN, if there is such a setting; whether one was made.

    It is known by the token's digest: another token is another key, and one that was revoked stays so.
    """
    if not options().admin_token:
        return False
    hashed = digest(options().admin_token)
    if ApiKey.objects.filter(prefix=_admin_prefix(hashed)).exists():
        return False
    values: dict[str, Any] = {"name": ADMIN_NAME, "digest": hashed, "scopes": [scopes.ADMIN], "created_by": "settings"}
    # Whoever comes second waits for the user with its role and key, and never sees one without the others.
    with transaction.atomic():
        values["user_id"] = _admin_user().pk
        return ApiKey.objects.get_or_create(prefix=_admin_prefix(hashed), defaults=values)[1]


def digest(token: str) -> str:
    """A plain hash will do: a token of 256 random bits cannot be guessed from it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _find(prefix: str, hashed: str) -> Identity | None:
    key = keyed.find(prefix)
    if key is None or not constant_time_compare(key.digest, hashed):
        return None
    if key.stale:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=Now())
    return Identity(key.user, Credential(KEY, prefix))


def _is_admin_token(hashed: str) -> bool:
    """A blank ADMIN_TOKEN matches nothing. Digests are compared, so that not even the length is told by time."""
    expected = options().admin_token
    return bool(expected) and constant_time_compare(hashed, digest(expected))


def _admin_prefix(hashed: str) -> str:
    return f"settings-{hashed[:12]}"


def _admin_user() -> User:
    """The user that ADMIN_TOKEN acts as: in the role of an admin, not staff, without a password."""
    with transaction.atomic():  # with its role or not at all: others look for it at the same moment
        user, new = User.objects.get_or_create(username=ADMIN_USER, defaults={"password": make_password(None)})
        if new:
            user.groups.add(*Group.objects.filter(name=ADMIN_ROLE))
    return user
