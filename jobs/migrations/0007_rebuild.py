"""Who may flush Redis and rebuild it."""

from importlib import import_module
from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROLES = import_module("jobs.migrations.0002_roles")
NAME = "rebuild_queues"


def permit(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give it to the role admin, where the role is still there."""
    database = schema_editor.connection.alias
    ROLES.make_permissions(apps, "jobs", database)
    role = apps.get_model("auth", "Group").objects.using(database).filter(name="admin").first()
    if role is not None:
        Permission = apps.get_model("auth", "Permission")
        role.permissions.add(Permission.objects.using(database).get(content_type__app_label="jobs", codename=NAME))


def forbid(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The permission goes, and with it whoever holds it."""
    Permission = apps.get_model("auth", "Permission")
    Permission.objects.using(schema_editor.connection.alias).filter(
        content_type__app_label="jobs", codename=NAME
    ).delete()


class Migration(migrations.Migration):
    dependencies: ClassVar = [("jobs", "0005_identity")]

    operations: ClassVar = [
        migrations.AlterModelOptions(
            name="queue",
            options={
                "permissions": [
                    ("operate_queue", "Can pause, resume and drain queues"),
                    ("rebuild_queues", "Can flush Redis and rebuild it from PostgreSQL"),
                ]
            },
        ),
        migrations.RunPython(permit, forbid),
    ]
