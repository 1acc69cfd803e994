from dataclasses import replace
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from flowbit import demo_jobs
from flowbit.demo import DEMO_USERS
from jobs import artifacts
from jobs.broker import Broker
from jobs.models import Dependency, Job

pytestmark = pytest.mark.django_db(transaction=True)
roles = import_module("jobs.migrations.0002_roles")


@pytest.fixture
def demo(settings: Settings, transactional_db: None, broker: Broker) -> None:
    """The demo's settings, and the roles, which an earlier test's end may have swept away."""
    settings.FLOWBIT = replace(settings.FLOWBIT, demo=True)
    with connection.schema_editor() as editor:
        roles.create(apps, editor)


def test_users_and_jobs_are_made_once(demo: None) -> None:
    call_command("seed_demo")
    jobs = set(Job.objects.values_list("pk", flat=True))
    assert len(jobs) == 11
    assert Dependency.objects.count() == 4
    assert set(Job.objects.values_list("state", flat=True)) == {"queued", "blocked", "scheduled"}
    assert artifacts.storage().exists(demo_jobs.PICTURE)
    call_command("seed_demo")
    assert set(Job.objects.values_list("pk", flat=True)) == jobs
    assert User.objects.count() == len(DEMO_USERS) + 1


@pytest.mark.parametrize(
    ("name", "staff", "may", "may_not"),
    [
        ("admin", True, "jobs.edit_limits", "jobs.change_job"),
        ("operator", True, "jobs.replay_job", "auth.change_user"),
        ("viewer", True, "jobs.view_job", "jobs.view_payload"),
        ("person", False, "jobs.submit_job", "jobs.view_job"),
    ],
)
def test_each_user_signs_in_with_its_role(demo: None, name: str, staff: bool, may: str, may_not: str) -> None:
    call_command("seed_demo")
    user = authenticate(username=name, password=name)
    assert user is not None
    assert (user.is_staff, user.has_perm(may), user.has_perm(may_not)) == (staff, True, False)


def test_the_user_of_requests_without_a_credential_cannot_sign_in(demo: None) -> None:
    User.objects.create_user("demo", password="demo")
    call_command("seed_demo")
    user = User.objects.get(username="demo")
    assert (user.has_usable_password(), user.is_staff, user.profile.tenants) == (False, False, ["", "tenant-a"])
    assert user.has_perm("jobs.submit_job")


def test_a_changed_password_stays(demo: None) -> None:
    call_command("seed_demo")
    user = User.objects.get(username="admin")
    user.set_password("changed-by-a-person")
    user.save()
    call_command("seed_demo")
    assert authenticate(username="admin", password="changed-by-a-person") is not None


def test_it_refuses_outside_of_the_demo(settings: Settings, broker: Broker) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, demo=False)
    with pytest.raises(CommandError, match="FLOWBIT_DEMO"):
        call_command("seed_demo")
    assert not User.objects.exists()
