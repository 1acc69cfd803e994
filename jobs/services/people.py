"""Ordinary users that are made on first sight: they submit jobs, see their own, and cannot sign in."""

import hashlib
import re

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction
from django.db.models import Q

from jobs.models import ApiKey, Profile
from jobs.services.known_keys import ADMIN_USER

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,99}\Z")
_SUBJECT = re.compile(r"[A-Za-z0-9_.@+|-]{1,100}\Z")
_ORDINARY = {"submit_job"}


def by_header(name: str) -> User | None:
    """The user that a trusted header may act as, made when the name is new. None for a name that is malformed,
    or that of anybody who is more than an ordinary user, or comes by another credential too.
    """
    if not NAME.match(name) or name == ADMIN_USER:  # which may not be there yet
        return None
    user = _found(name) or _make(name)
    return user if _is_ordinary(user) else None


def by_subject(subject: str) -> User | None:
    """The user that the outside issuer calls `subject`, made on first sight; None when they are shut out."""
    known = User.objects.select_related("profile").filter(profile__external_subject=subject)
    user = known.first()
    if user is None:
        try:
            with transaction.atomic():
                # A colon cannot be typed into a user's form, so this is nobody's name yet.
                made = _make(f"outside:{_readable(subject)}")
                Profile.objects.update_or_create(user=made, defaults={"external_subject": subject})
        except IntegrityError:  # somebody else's request was first
            pass
        user = known.get()
    return user if user.is_active else None


def _readable(subject: str) -> str:
    return subject if _SUBJECT.match(subject) else hashlib.sha256(subject.encode("utf-8", "replace")).hexdigest()[:32]


def _found(name: str) -> User | None:
    return User.objects.select_related("profile").filter(username=name).first()


def _make(name: str) -> User:
    with transaction.atomic():  # with its permissions or not at all: others look for it at the same moment
        user, new = User.objects.get_or_create(username=name, defaults={"password": make_password(None)})
        if new:
            ordinary = Permission.objects.filter(content_type__app_label="jobs", codename__in=_ORDINARY)
            user.user_permissions.add(*ordinary)
    return user


def _is_ordinary(user: User) -> bool:
    if user.is_staff or user.is_superuser or not user.is_active or user.has_usable_password():
        return False
    more = Q(groups__isnull=False) | Q(user_permissions__isnull=False) & ~Q(user_permissions__codename__in=_ORDINARY)
    outside = Q(profile__external_subject__isnull=False)
    is_more = User.objects.filter(more | outside, pk=user.pk).exists()
    return not is_more and not ApiKey.objects.filter(user_id=user.pk).exists()
