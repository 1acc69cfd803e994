from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection

pytestmark = pytest.mark.django_db
roles = import_module("jobs.migrations.0002_roles")
identity = import_module("jobs.migrations.0005_identity")


def held(role: str) -> set[str]:
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


def test_only_admins_handle_keys_and_profiles() -> None:
    with connection.schema_editor() as editor:
        roles.create(apps, editor)
        identity.permit(apps, editor)
        identity.permit(apps, editor)
    assert set(identity.ADMIN) <= held("admin")
    assert not set(identity.ADMIN) & (held("viewer") | held("operator"))


def test_a_role_that_somebody_deleted_stays_away() -> None:
    Group.objects.filter(name="admin").delete()
    with connection.schema_editor() as editor:
        identity.permit(apps, editor)
    assert not Group.objects.filter(name="admin").exists()


def test_it_can_be_taken_back() -> None:
    with connection.schema_editor() as editor:
        identity.forbid(apps, editor)
    assert not Permission.objects.filter(codename__in=identity.ADMIN).exists()
