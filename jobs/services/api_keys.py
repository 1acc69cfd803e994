"""API keys: make one, whose token is told once, and revoke one."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from jobs import durations, envelope, scopes
from jobs.envelope import Problems
from jobs.errors import Conflict, NotAllowed, NotFound
from jobs.models import ApiKey, LimitedUser
from jobs.services import access, audit
from jobs.services.audit import Actor
from jobs.services.known_keys import digest

MAX_NAME = 100
MAX_LIFE = 10 * 366 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A key as somebody asks for it. `expires_in` is seconds or "90d"; None means never."""

    name: str
    scopes: Sequence[str]
    tenant_id: str = ""
    queues: Sequence[str] = ()
    expires_in: float | str | None = None


class Made(NamedTuple):
    """The key, and its token, which cannot be had again."""

    key: ApiKey
    token: str


def make(user: User, wanted: Wanted, actor: Actor, by: User | None) -> Made:
    """A new key that acts as `user`. `by` is who makes it; None means the shell.

    Raises:
        Invalid: `details` names the fields.
        NotAllowed: the maker lacks the permission, or would reach further by the key than without.
    """
    life = _check(wanted)
    if by is not None:
        _check_maker(user, wanted, by)
    prefix = secrets.token_hex(6)
    token = f"fb_{prefix}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        key = ApiKey.objects.create(
            user_id=user.pk,
            name=wanted.name.strip(),
            prefix=prefix,
            digest=digest(token),
            scopes=sorted(set(wanted.scopes)),
            tenant_id=wanted.tenant_id,
            queues=sorted(set(wanted.queues)),
            created_by=actor.name,
            expires_at=None if life is None else Now() + timedelta(seconds=life),
        )
        key.refresh_from_db()
        audit.record(actor, "key.created", f"key:{prefix}", after=_told(key))
    return Made(key, token)


def revoke(key_id: int, actor: Actor, reason: str = "") -> None:
    """From now on the key opens nothing. Raises NotFound, Conflict."""
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().filter(pk=key_id).first()
        if key is None:
            raise NotFound("there is no such key")
        if key.revoked_at is not None:
            raise Conflict("the key is revoked already")
        ApiKey.objects.filter(pk=key_id).update(revoked_at=Now())
        audit.record(actor, "key.revoked", f"key:{key.prefix}", before=_told(key), reason=reason)


def _check(wanted: Wanted) -> float | None:
    """The life of the key in seconds. Raises Invalid."""
    problems = Problems()
    if not 0 < len(wanted.name.strip()) <= MAX_NAME:
        problems.add("name", f"must be 1 to {MAX_NAME} characters")
    if not wanted.scopes or not set(wanted.scopes) <= set(scopes.PERMISSIONS):
        problems.add("scopes", f"must be one or more of {', '.join(scopes.PERMISSIONS)}")
    if wanted.tenant_id:
        problems.take("tenant_id", envelope.check_name, wanted.tenant_id)
    for queue in wanted.queues:
        problems.take("queues", envelope.check_queue, queue)
    life = None if wanted.expires_in is None else problems.take("expires_in", _life, wanted.expires_in)
    problems.raise_any()
    return life


def _life(value: float | str) -> float:
    seconds = durations.parse(value)
    if not 0 < seconds <= MAX_LIFE:
        raise ValueError("must be more than 0 and at most ten years")
    return seconds


def _check_maker(user: User, wanted: Wanted, by: User) -> None:
    """A key for somebody else is a way to act as them: so its maker must hold all that its scopes let through."""
    if isinstance(by, LimitedUser):
        raise NotAllowed("a key makes no keys")
    if not user.is_active:
        raise NotAllowed("this user is shut out")
    if user.pk == by.pk:
        return
    if not by.has_perm(access.ADD_API_KEY):
        raise NotAllowed("you may not make keys for others")
    beyond = sorted(name for name in _opened(wanted.scopes) if not by.has_perm(name))
    if beyond:
        raise NotAllowed(f"such a key could do what you may not: {', '.join(beyond[:5])}")


def _opened(wanted: Sequence[str]) -> frozenset[str]:
    """What a key for somebody else comes to: most show what their user submitted, and all reach that user's tenants."""
    shown = {access.VIEW_JOB, access.VIEW_PAYLOAD} if scopes.SEES_OWN.intersection(wanted) else set()
    return scopes.permissions(wanted) | shown


def _told(key: ApiKey) -> dict[str, object]:
    expires: datetime | None = key.expires_at
    return {
        "name": key.name,
        "user": key.user.get_username(),
        "scopes": key.scopes,
        "tenant_id": key.tenant_id,
        "queues": key.queues,
        "expires_at": None if expires is None else expires.isoformat(),
    }
