"""Operators and admins see what was dispatched; the words themselves only with `view_payload`."""

from importlib import import_module
from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROLES = import_module("jobs.migrations.0002_roles")
HOLDERS = ("operator", "admin")


def permit(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give it to the roles that are still there."""
    database = schema_editor.connection.alias
    ROLES.make_permissions(apps, "dispatcher", database)
    permission = _permission(apps, database)
    for role in apps.get_model("auth", "Group").objects.using(database).filter(name__in=HOLDERS):
        role.permissions.add(permission)


def forbid(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias
    permission = _permission(apps, database)
    for role in apps.get_model("auth", "Group").objects.using(database).filter(name__in=HOLDERS):
        role.permissions.remove(permission)


def _permission(apps: Apps, database: str) -> object:
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    return permissions.get(content_type__app_label="dispatcher", codename="view_dispatch")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dispatcher", "0001_initial"), ("jobs", "0002_roles")]
    operations: ClassVar = [migrations.RunPython(permit, forbid)]
