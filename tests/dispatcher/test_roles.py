"""Who may look at dispatches."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)


def test_operators_and_admins_may_and_viewers_may_not() -> None:
    with connection.schema_editor() as editor:
        import_module("jobs.migrations.0002_roles").create(apps, editor)
        import_module("dispatcher.migrations.0002_roles").permit(apps, editor)
    allowed = Group.objects.filter(permissions__codename="view_dispatch").values_list("name", flat=True)
    assert set(allowed) == {"operator", "admin"}
