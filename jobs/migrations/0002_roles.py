"""Roles are groups over named permissions: viewer, operator, admin."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

VIEWER = {
    "jobs": [
        "view_attempt",
        "view_deadletter",
        "view_dependency",
        "view_duty",
        "view_job",
        "view_queue",
        "view_schedulerlease",
        "view_worker",
    ]
}
OPERATOR = {
    "jobs": [
        *VIEWER["jobs"],
        "cancel_job",
        "delete_deadletter",
        "edit_queued_job",
        "operate_queue",
        "operate_worker",
        "replay_job",
        "retry_job",
        "submit_job",
        "view_auditentry",
        "view_idempotencykey",
        "view_notification",
        "view_payload",
        "view_storedfile",
    ]
}
ADMIN = {
    "jobs": [*OPERATOR["jobs"], "edit_limits", "edit_schedules"],
    "auth": [f"{verb}_{model}" for model in ("group", "user") for verb in ("add", "change", "delete", "view")],
}
ROLES = {"viewer": VIEWER, "operator": OPERATOR, "admin": ADMIN}


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the groups, or give existing ones of these names what they lack."""
    database = schema_editor.connection.alias
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for label in ("auth", "jobs"):
        make_permissions(apps, label, database)
    for role, permissions in ROLES.items():
        group, _ = Group.objects.using(database).get_or_create(name=role)
        for label, names in permissions.items():
            found = Permission.objects.using(database).filter(content_type__app_label=label, codename__in=names)
            if len(found) != len(names):
                raise LookupError(f"{label} lacks permissions of the role {role}")
            group.permissions.add(*found)


def make_permissions(apps: Apps, label: str, database: str) -> None:
    """Django makes permissions after the last migration; here they are needed before."""
    config = apps.get_app_config(label)
    # The apps of a migration have no models module, and without one Django sees no models to permit.
    before = getattr(config, "models_module", None)
    config.models_module = before or True
    create_permissions(config, verbosity=0, interactive=False, using=database, apps=apps)
    config.models_module = before


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias).filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(create, remove)]
