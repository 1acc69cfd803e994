"""Who may look at dispatches."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

pytestmark = pytest.mark.django_db(transaction=True)


def test_operators_and_admins_may_and_viewers_may_not() -> None:
    with connection.schema_editor() as editor:
        import_module("jobs.migrations.0002_roles").create(apps, editor)
        import_module("dispatcher.migrations.0002_roles").permit(apps, editor)
    allowed = Group.objects.filter(permissions__codename="view_dispatch").values_list("name", flat=True)
    assert set(allowed) == {"operator", "admin"}


def test_an_admin_gives_every_role() -> None:
    """A role with a permission that admins lack would be out of their hands (`jobs.admin.people`)."""
    with connection.schema_editor() as editor:
        for name in (
            "jobs.migrations.0005_identity",
            "jobs.migrations.0007_rebuild",
            "dispatcher.migrations.0002_roles",
        ):
            import_module("jobs.migrations.0002_roles").create(apps, editor)
            import_module(name).permit(apps, editor)
    chief = User.objects.create_user("chief", password="secret-of-a-test", is_staff=True)
    chief.groups.add(Group.objects.get(name="admin"))
    client = Client()
    client.force_login(chief)
    page = client.get(f"/admin/auth/user/{chief.pk}/change/")
    offered = page.context["adminform"].form.fields["groups"].queryset.values_list("name", flat=True)
    assert {"viewer", "operator", "admin"} <= set(offered)
