"""`manage.py seed_demo`: the demo's users and jobs. A second run adds nothing."""

from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission, User
from django.core.management.base import BaseCommand, CommandError

from flowbit import demo_jobs
from flowbit.demo import DEMO_TENANTS, DEMO_USER, DEMO_USERS
from jobs.conf import options
from jobs.models import Profile
from jobs.services import known_keys


class Command(BaseCommand):
    help = "Make the demo's users (with passwords that everybody knows) and its jobs."

    def handle(self, *args: Any, **kwargs: Any) -> None:
        if not options().demo:
            raise CommandError("this is for the demo only: set FLOWBIT_DEMO=1")
        users = [_user(name, password, role) for name, password, role in DEMO_USERS]
        demo = _demo_user()
        known_keys.ensure_admin_key()
        made = demo_jobs.submit(demo.pk)
        self.stdout.write(f"{len(users) + 1} demo users are there, {made} demo jobs were submitted")


def _demo_user() -> User:
    """Without a password: one that an earlier release gave is taken away."""
    user, _ = User.objects.get_or_create(username=DEMO_USER, defaults={"email": f"{DEMO_USER}@example.com"})
    if not user.password or user.check_password(DEMO_USER):
        User.objects.filter(pk=user.pk).update(password=make_password(None))
    _may_submit(user)
    return user


def _may_submit(user: User) -> None:
    user.user_permissions.add(Permission.objects.get(content_type__app_label="jobs", codename="submit_job"))
    Profile.objects.get_or_create(user=user, defaults={"tenants": DEMO_TENANTS})


def _user(name: str, password: str, role: str) -> User:
    """The user in their role, made when missing; a password that was changed since stays.

    Roles without a group are people who submit jobs and see their own.
    """
    user = User.objects.filter(username=name).first()
    group = Group.objects.filter(name=role).first()
    if user is None:
        user = User.objects.create_user(name, f"{name}@example.com", password, is_staff=group is not None)
    if group is not None:
        user.groups.add(group)
    else:
        _may_submit(user)
    return user
