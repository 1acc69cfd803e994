from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection

pytestmark = pytest.mark.django_db
rebuild = import_module("jobs.migrations.0007_rebuild")


def holders() -> set[str]:
    return set(Group.objects.filter(permissions__codename=rebuild.NAME).values_list("name", flat=True))


def test_only_the_role_admin_may_flush_and_rebuild() -> None:
    with connection.schema_editor() as editor:
        rebuild.permit(apps, editor)
    assert holders() == {"admin"}


def test_a_role_that_somebody_deleted_stays_away() -> None:
    Group.objects.filter(name="admin").delete()
    with connection.schema_editor() as editor:
        rebuild.permit(apps, editor)
    assert holders() == set()


def test_it_can_be_taken_back() -> None:
    with connection.schema_editor() as editor:
        rebuild.forbid(apps, editor)
    assert not Permission.objects.filter(codename=rebuild.NAME).exists()
