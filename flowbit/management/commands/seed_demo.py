"""`manage.py seed_demo`: the demo's users and jobs. A second run adds nothing."""

from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.core.management.base import BaseCommand, CommandError

from flowbit import demo_jobs
from flowbit.demo import DEMO_USERS
from jobs.conf import options

SUBMITTER = "demo"


class Command(BaseCommand):
    help = "Make the demo's users (with passwords that everybody knows) and its jobs."

    def handle(self, *args: Any, **kwargs: Any) -> None:
        if not options().demo:
            raise CommandError("this is for the demo only: set FLOWBIT_DEMO=1")
        users = {name: _user(name, password, role) for name, password, role in DEMO_USERS}
        made = demo_jobs.submit(users[SUBMITTER].pk)
        self.stdout.write(f"{len(users)} demo users are there, {made} demo jobs were submitted")


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
        user.user_permissions.add(Permission.objects.get(content_type__app_label="jobs", codename="submit_job"))
    return user
