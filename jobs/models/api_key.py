"""API keys, as little of them as can be kept, and the user as far as a key lets them act."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.models import Permission, User
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import OuterRef, Q, Value
from django.db.models.functions import Concat, Now

from jobs import scopes
from jobs.scopes import UNLIMITED, Limits


class LimitedUser(User):
    """A user who came by a key: whoever asks what they may do hears what the key lets through of it."""

    class Meta:
        proxy = True
        default_permissions = ()

    limits: Limits = UNLIMITED

    def hold(self, own: Iterable[str], of_groups: Iterable[str]) -> None:
        """The permissions that came with the user, for this request: Django's backend need not ask for them."""
        if not self.is_superuser:
            self._user_perm_cache, self._group_perm_cache = set(own), set(of_groups)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.limits.allow(perm) and super().has_perm(perm, obj)

    def holds(self, permission: str) -> bool:
        """What the user may do, whatever the key lets through: for questions of belonging, not of doing."""
        return super().has_perm(permission)

    def has_module_perms(self, app_label: str) -> bool:
        return False

    def get_all_permissions(self, obj: Any = None) -> set[str]:
        return {name for name in super().get_all_permissions(obj) if self.limits.allow(name)}


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def in_force(self) -> "ApiKeyQuerySet":
        """Neither revoked nor expired, by PostgreSQL's clock, and of a user who is not shut out."""
        lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=Now())
        return self.filter(lasting, revoked_at__isnull=True, user__is_active=True)

    def with_permissions(self) -> "ApiKeyQuerySet":
        """With the permissions of the key's user as `of_user` and `of_groups`, as `app.codename`."""
        name = Concat("content_type__app_label", Value("."), "codename", output_field=models.TextField())
        every = Permission.objects.order_by().annotate(name_in_full=name).values("name_in_full")
        user = OuterRef("user_id")
        return self.annotate(
            of_user=ArraySubquery(every.filter(user=user)), of_groups=ArraySubquery(every.filter(group__user=user))
        )


class ApiKey(models.Model):
    """A program's right to act as a user, within limits. Of the token only the digest is kept."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        LimitedUser, on_delete=models.CASCADE, related_name="api_keys", help_text="Acts as this user"
    )
    name = models.TextField(help_text="What it is for")
    prefix = models.TextField(unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.TextField())
    tenant_id = models.TextField(default="", blank=True, help_text="Only this tenant; blank means no limit")
    queues = ArrayField(models.TextField(), default=list, blank=True, help_text="Only these; none means no limit")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.TextField(default="")
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        default_permissions = ("add", "view")
        permissions: ClassVar = [("revoke_apikey", "Can revoke API keys")]
        verbose_name = "API key"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="apikey_scopes_known",
                condition=Q(scopes__contained_by=sorted(scopes.PERMISSIONS), scopes__len__gt=0),
            ),
            models.CheckConstraint(name="apikey_digest_whole", condition=Q(digest__regex=r"^[0-9a-f]{64}$")),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def limits(self) -> Limits:
        return Limits.of_key(self.scopes, self.tenant_id, self.queues)
