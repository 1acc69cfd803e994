"""API keys: a list, making one (its token is shown once), revoking one."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from jobs import actors, scopes
from jobs.admin.verbs import VerbAdmin
from jobs.console.verb import Verb, each
from jobs.errors import FlowbitError
from jobs.models import ApiKey
from jobs.services import access, api_keys
from jobs.services.api_keys import Wanted

COLOURS = {"active": "success", "expired": "warning", "revoked": "danger", "shut out": "danger"}

REVOKE = Verb(
    "revoke",
    "Revoke",
    "revoked",
    access.REVOKE_API_KEY,
    each(api_keys.revoke),
    "Whatever uses the key is refused from now on. It cannot be taken back.",
    danger=True,
    applies=lambda key: key.revoked_at is None,
)


class KeyForm(forms.Form):
    user = forms.CharField(widget=UnfoldAdminTextInputWidget, help_text="The key acts as this user, and never can more")
    name = forms.CharField(
        max_length=api_keys.MAX_NAME, widget=UnfoldAdminTextInputWidget, help_text="What it is for: who uses it, where"
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in scopes.PERMISSIONS], widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    tenant_id = forms.CharField(
        required=False, label="Tenant", widget=UnfoldAdminTextInputWidget, help_text="Blank means no limit"
    )
    queues = forms.CharField(
        required=False, widget=UnfoldAdminTextInputWidget, help_text="By comma; blank means no limit"
    )
    expires_in = forms.CharField(
        required=False, initial="90d", widget=UnfoldAdminTextInputWidget, help_text="90d, 12h; blank means never"
    )

    def clean_user(self) -> User:
        found = User.objects.filter(username=self.cleaned_data["user"]).first()
        if found is None:
            raise forms.ValidationError("There is no such user.")
        return found

    def clean_queues(self) -> list[str]:
        return [name for part in self.cleaned_data["queues"].split(",") if (name := part.strip())]

    def wanted(self) -> Wanted:
        names = ("name", "scopes", "tenant_id", "queues")
        chosen = {name: self.cleaned_data[name] for name in names}
        return Wanted(**chosen, expires_in=self.cleaned_data["expires_in"] or None)


@admin.register(ApiKey)
class ApiKeyAdmin(VerbAdmin):
    verbs = (REVOKE,)
    list_display = ("prefix", "name", "user", "scopes", "shown_state", "expires_at", "last_used_at")
    nothing = "There is no API key yet. One lets a program act as a user, within the scopes that you give it."
    search_fields = ("prefix",)
    search_help_text = "A key's prefix, or a user's name"
    fields = (
        "prefix",
        "name",
        "user",
        "scopes",
        "tenant_id",
        "queues",
        "shown_state",
        "created_at",
        "created_by",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    readonly_fields = ("prefix", "shown_state")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        found: QuerySet[ApiKey] = super().get_queryset(request)
        return found.select_related("user").defer("digest")

    def search(self, found: QuerySet[ApiKey], term: str) -> QuerySet[ApiKey]:
        return found.filter(prefix=term.removeprefix("fb_")) | found.filter(user__username=term)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(access.ADD_API_KEY)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """GET asks; a POST that is right shows the token, which is nowhere afterwards."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = KeyForm(request.POST or None, initial={"user": request.user.get_username()})
        if form.is_valid() and (answer := self._make(request, form)):
            return answer
        return self._page(request, "add", "Add API key", form=form)

    @sensitive_variables("made")
    def _make(self, request: HttpRequest, form: KeyForm) -> HttpResponse | None:
        """None when it was refused; the form says why."""
        try:
            actor = actors.of_request(request)
            made = api_keys.make(form.cleaned_data["user"], form.wanted(), actor, by=_person(request))
        except FlowbitError as error:
            _refuse(form, error)
            return None
        return self._page(request, "made", "API key", key=made.key, token=made.token)

    def _page(self, request: HttpRequest, name: str, title: str, **context: Any) -> TemplateResponse:
        back = reverse("admin:jobs_apikey_changelist")
        common = {**self.admin_site.each_context(request), "title": title, "opts": self.model._meta, "back": back}
        return TemplateResponse(request, f"admin/jobs/api_key/{name}.html", {**common, **context})

    @display(description="state", label=COLOURS)  # type: ignore[untyped-decorator]  # unfold has no types
    def shown_state(self, key: ApiKey) -> str:
        if key.revoked_at is not None:
            return "revoked"
        if key.expires_at is not None and key.expires_at <= timezone.now():
            return "expired"
        return "active" if key.user.is_active else "shut out"


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _refuse(form: KeyForm, error: FlowbitError) -> None:
    """The problems of each field beside it; what is of no field, above."""
    details: dict[str, Sequence[str]] = {name: found for name, found in error.details.items() if name in form.fields}
    for name, messages in details.items():
        form.add_error(name, list(messages))
    if not details:
        form.add_error(None, error.message)
