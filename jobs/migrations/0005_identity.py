"""Keys, profiles, sign-ins for tokens; how an actor came; who may handle keys and profiles."""

import uuid
from importlib import import_module
from typing import ClassVar

import django.contrib.auth.models
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import jobs.models.profile

ROLES = import_module("jobs.migrations.0002_roles")
KEYS = ["add_apikey", "revoke_apikey", "view_apikey"]
PROFILES = ["change_profile", "view_profile"]
ADMIN = [*KEYS, *PROFILES, "run_worker"]


def permit(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the role admin what is new, where the role is still there."""
    database = schema_editor.connection.alias
    ROLES.make_permissions(apps, "jobs", database)
    role = apps.get_model("auth", "Group").objects.using(database).filter(name="admin").first()
    if role is not None:
        Permission = apps.get_model("auth", "Permission")
        found = Permission.objects.using(database).filter(content_type__app_label="jobs", codename__in=ADMIN)
        if len(found) != len(ADMIN):
            raise LookupError("jobs lacks permissions of the role admin")
        role.permissions.add(*found)


def forbid(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The permissions go, and with them whoever holds them."""
    Permission = apps.get_model("auth", "Permission")
    Permission.objects.using(schema_editor.connection.alias).filter(
        content_type__app_label="jobs", codename__in=ADMIN
    ).delete()


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("jobs", "0004_statistics"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.TextField(help_text="What it is for")),
                ("prefix", models.TextField(editable=False, unique=True)),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("scopes", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                (
                    "tenant_id",
                    models.TextField(blank=True, default="", help_text="Only this tenant; blank means no limit"),
                ),
                (
                    "queues",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="Only these; none means no limit",
                        size=None,
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("created_by", models.TextField(default="")),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "API key",
                "permissions": [("revoke_apikey", "Can revoke API keys")],
                "default_permissions": ("add", "view"),
            },
        ),
        migrations.CreateModel(
            name="Profile",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="profile",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenants",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(blank=True),
                        blank=True,
                        default=list,
                        help_text="Tenants that the user submits for and whose jobs they see, by comma",
                        size=None,
                    ),
                ),
                ("time_zone", models.TextField(default="UTC", validators=[jobs.models.profile.check_time_zone])),
                (
                    "external_subject",
                    models.CharField(
                        max_length=255,
                        blank=True,
                        help_text="Who this is to the outside issuer of tokens",
                        null=True,
                        unique=True,
                    ),
                ),
            ],
            options={
                "default_permissions": ("change", "view"),
            },
        ),
        migrations.CreateModel(
            name="Throttle",
            fields=[
                ("key", models.TextField(primary_key=True, serialize=False)),
                ("count", models.IntegerField()),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="TokenSession",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("generation", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="LimitedUser",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("auth.user",),
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.AlterModelOptions(
            name="worker",
            options={
                "permissions": [
                    ("operate_worker", "Can cordon, resume and drain workers"),
                    ("run_worker", "Can take jobs and report their outcomes"),
                ]
            },
        ),
        migrations.AddField(
            model_name="auditentry",
            name="via",
            field=models.TextField(
                db_default="", default="", help_text="`session`, `key ab12cd`, `token`, `header`, ..."
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("tenant_id", ""), _negated=True), fields=["tenant_id", "id"], name="job_tenant"
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="user",
            field=models.ForeignKey(
                help_text="Acts as this user",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="api_keys",
                to="jobs.limiteduser",
            ),
        ),
        migrations.AddConstraint(
            model_name="profile",
            constraint=models.CheckConstraint(
                condition=models.Q(("external_subject", ""), _negated=True), name="profile_subject_not_blank"
            ),
        ),
        migrations.AddIndex(
            model_name="throttle",
            index=models.Index(fields=["since"], name="throttle_since"),
        ),
        migrations.AddField(
            model_name="tokensession",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="token_sessions", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("scopes__contained_by", ["admin", "jobs:operate", "jobs:read", "jobs:write", "worker"]),
                    ("scopes__len__gt", 0),
                ),
                name="apikey_scopes_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="apikey_digest_whole"
            ),
        ),
        migrations.RunPython(permit, forbid),
    ]
