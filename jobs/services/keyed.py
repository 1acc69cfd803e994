"""A key with its user and what that user may do now: all that a request by it asks for, in one statement.

The ORM writes that statement once. To write it takes several times as long as to run it, and every request runs it.
"""

from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Case, Q, When
from django.db.models.functions import Now

from jobs.models import ApiKey, LimitedUser, Profile
from jobs.scopes import Limits
from jobs.store import sql

USE_NOTED_EVERY = timedelta(minutes=1)
_KEY = ("pk", "digest", "scopes", "tenant_id", "queues", "stale", "of_user", "of_groups")
_USER = [field.attname for field in User._meta.concrete_fields]
_PROFILE = [field.attname for field in Profile._meta.concrete_fields]
_PLACE = "(prefix)"


class Keyed(NamedTuple):
    """`stale`: its use was not noted for a while. `user` has the limits, the permissions and the profile."""

    pk: int
    digest: str
    stale: bool
    user: LimitedUser


def find(prefix: str) -> Keyed | None:
    """The key of this prefix, if it is in force."""
    statement, parameters = _statement()
    rows = sql.run(statement, [prefix if one == _PLACE else one for one in parameters])
    return _keyed(rows[0]) if rows else None


@lru_cache(maxsize=1)
def _statement() -> tuple[str, tuple[Any, ...]]:
    """SQL, and its parameters with `_PLACE` for the prefix."""
    long_ago = Q(last_used_at__isnull=True) | Q(last_used_at__lt=Now() - USE_NOTED_EVERY)
    known = ApiKey.objects.in_force().with_permissions().annotate(stale=Case(When(long_ago, then=True), default=False))
    users, profiles = [f"user__{name}" for name in _USER], [f"user__profile__{name}" for name in _PROFILE]
    found: tuple[str, tuple[Any, ...]] = (
        known.filter(prefix=_PLACE).values_list(*_KEY, *users, *profiles).query.sql_with_params()
    )
    return found


def _keyed(row: tuple[Any, ...]) -> Keyed:
    key = dict(zip(_KEY, row, strict=False))
    of_user, of_profile = row[len(_KEY) : len(_KEY) + len(_USER)], row[len(_KEY) + len(_USER) :]
    user = LimitedUser.from_db(DEFAULT_DB_ALIAS, _USER, of_user)
    user.limits = Limits.of_key(key["scopes"], key["tenant_id"], key["queues"])
    user.hold(key["of_user"], key["of_groups"])
    profile = None if of_profile[0] is None else Profile.from_db(DEFAULT_DB_ALIAS, _PROFILE, of_profile)
    User._meta.get_field("profile").set_cached_value(user, profile)
    return Keyed(key["pk"], key["digest"], key["stale"], user)
