from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection

pytestmark = pytest.mark.django_db
roles = import_module("jobs.migrations.0002_roles")


@pytest.fixture
def groups(db: None) -> None:
    with connection.schema_editor() as editor:
        roles.create(apps, editor)


def member(role: str) -> User:
    user = User.objects.create_user(role)
    user.groups.add(Group.objects.get(name=role))
    return user


def test_each_role_has_what_the_one_below_has(groups: None) -> None:
    viewer, operator, admin = (member(role).get_all_permissions() for role in ("viewer", "operator", "admin"))
    assert viewer < operator < admin


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [
        ("jobs.view_job", ["viewer", "operator", "admin"]),
        ("jobs.view_payload", ["operator", "admin"]),
        ("jobs.submit_job", ["operator", "admin"]),
        ("jobs.replay_job", ["operator", "admin"]),
        ("jobs.view_auditentry", ["operator", "admin"]),
        ("jobs.edit_limits", ["admin"]),
        ("auth.change_user", ["admin"]),
        ("jobs.change_job", []),
        ("jobs.delete_job", []),
    ],
)
def test_who_may_do_what(groups: None, permission: str, allowed: list[str]) -> None:
    assert [role for role in roles.ROLES if member(role).has_perm(permission)] == allowed


def test_they_can_be_taken_back_and_made_again(groups: None) -> None:
    kept = Group.objects.create(name="ours")
    with connection.schema_editor() as editor:
        roles.remove(apps, editor)
        assert list(Group.objects.all()) == [kept]
        roles.create(apps, editor)
        roles.create(apps, editor)
    assert Group.objects.count() == 4
