"""Users and roles. Nobody gives a right that they lack, or touches somebody who may do more than they: whoever could
set a password of that person could do it all. Only a superuser makes superusers.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import ManyToManyField, Q, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from unfold.admin import ModelAdmin, StackedInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from jobs import actors
from jobs.admin.base import GuardedAdmin
from jobs.models import ApiKey, Profile
from jobs.services import access, audit

admin.site.unregister(User)
admin.site.unregister(Group)


def _held(user: Any) -> QuerySet[Permission]:
    """What somebody has by themselves and by their roles, active or not."""
    return Permission.objects.filter(Q(user=user) | Q(group__user=user)).distinct()


def _beyond(user: Any) -> QuerySet[Permission]:
    """The permissions that somebody lacks."""
    return Permission.objects.exclude(pk__in=_held(user).values("pk"))


class PeopleAdmin(GuardedAdmin):
    """Rows that give rights. What is done to them is in the audit log, too: `user.changed`, `role.created`."""

    noun: ClassVar[str]

    def rights(self, row: Any) -> QuerySet[Permission]:
        """The permissions that whoever may change `row` could make their own."""
        raise NotImplementedError

    def told(self, row: Any) -> dict[str, Any]:
        """What the audit log says of `row`."""
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_touch(request, obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_touch(request, obj) and bool(super().has_delete_permission(request, obj))

    def may_touch(self, request: HttpRequest, row: Any) -> bool:
        if request.user.is_superuser or row is None:
            return True
        more = self.rights(row).filter(pk__in=_beyond(request.user).values("pk"))
        return not getattr(row, "is_superuser", False) and not more.exists()

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **options: Any
    ) -> "ModelMultipleChoiceField[Any] | None":
        """Only what somebody has themselves is theirs to give."""
        if not request.user.is_superuser and db_field.name == "permissions":
            options["queryset"] = Permission.objects.filter(pk__in=_held(request.user).values("pk"))
        elif not request.user.is_superuser and db_field.name == "groups":
            options["queryset"] = Group.objects.exclude(permissions__in=_beyond(request.user))
        field: ModelMultipleChoiceField[Any] | None = super().formfield_for_manytomany(db_field, request, **options)
        return field

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._audit(request, "created", obj, None, self.told(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._audit(request, "changed", obj, None, {**self.told(obj), "changed": _fields(message)})
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for row in queryset:
            self._audit(request, "deleted", row, self.told(row), None)
        return super().log_deletions(request, queryset)

    def _audit(self, request: HttpRequest, done: str, row: Any, before: Any, after: Any) -> None:
        audit.record(actors.of_request(request), f"{self.noun}.{done}", f"{self.noun}:{row}", before, after)


def _fields(message: Any) -> list[str]:
    """The fields that a form changed, of what Django notes of it; a new password is there by its field's name only."""
    parts = [part for one in message if isinstance(one, dict) for part in one.values()] if message else []
    return sorted({name for part in parts for name in part.get("fields", ())})


class ProfileInline(StackedInline):  # type: ignore[misc]  # unfold has no types
    model = Profile
    can_delete = False
    fields = ("tenants", "time_zone", "external_subject")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Who belongs to a tenant sees its jobs; so only who sees all jobs says who does."""
        return () if request.user.has_perm(access.VIEW_JOB) else ("tenants",)

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Whoever may change a profile may make the one that is missing."""
        return obj is not None and bool(self.has_change_permission(request, obj))


@admin.register(User)
class UserAdmin(PeopleAdmin, DjangoUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]  # unfold has no types
    noun = "user"
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    inlines = (ProfileInline,)
    list_per_page = 25  # rendering a row costs more than finding it

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Whoever could set these could give themselves any right."""
        found = tuple(super().get_readonly_fields(request, obj))
        return found if request.user.is_superuser else (*found, "is_superuser", "user_permissions")

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """A user's keys go with them: nobody needs a right of its own for that, and nobody has it."""
        shown, counts, needed, protected = super().get_deleted_objects(objs, request)
        return shown, counts, needed - {ApiKey._meta.verbose_name}, protected

    def may_touch(self, request: HttpRequest, row: User | None) -> bool:
        further = set() if row is None else set(access.tenants_of(row)) - set(access.tenants_of(request.user))
        return super().may_touch(request, row) and (not further or request.user.has_perm(access.VIEW_JOB))

    def rights(self, row: User) -> QuerySet[Permission]:
        return _held(row)

    def told(self, row: User) -> dict[str, Any]:
        return {
            "roles": sorted(row.groups.values_list("name", flat=True)),
            "tenants": list(access.tenants_of(User.objects.get(pk=row.pk))),
            **{name: getattr(row, f"is_{name}") for name in ("active", "staff", "superuser")},
        }


@admin.register(Group)
class GroupAdmin(PeopleAdmin, DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    noun = "role"

    def rights(self, row: Group) -> QuerySet[Permission]:
        return row.permissions.all()

    def told(self, row: Group) -> dict[str, Any]:
        return {"permissions": sorted(row.permissions.values_list("codename", flat=True))}
