"""Operators' verbs on selected rows. An action of the list and a button on a row's page lead to a page that
says what will happen to how many, and asks for a reason; only its POST acts.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.sites import AdminSite
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from jobs import actors
from jobs.admin.base import EngineAdmin
from jobs.console.answers import acted
from jobs.console.frames import AdminFrame
from jobs.console.page import sign_in
from jobs.console.verb import Verb, buttons
from jobs.errors import FlowbitError
from jobs.services.audit import Actor
from jobs.services.steered import Steered

MOST = 1000
SHOWN = 10


class VerbAdmin(EngineAdmin):
    """An EngineAdmin with `verbs`."""

    verbs: ClassVar[Sequence[Verb]] = ()

    def __init__(self, model: type[Model], site: AdminSite) -> None:
        super().__init__(model, site)
        self.actions = [self._action(verb) for verb in self.verbs]

    def get_urls(self) -> list[URLPattern]:
        return [path("verb/<str:name>/", self._entry, name=self._url_name("verb")), *super().get_urls()]

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> dict[str, Any]:
        """What an action is differs between versions of Django; this only leaves some out."""
        where = {} if action_location is None else {"action_location": action_location}
        forbidden = {verb.name for verb in self.verbs} - {verb.name for verb in self.allowed(request)}
        found = super().get_actions(request, **where)
        return {name: action for name, action in found.items() if name not in forbidden}

    def allowed(self, request: HttpRequest) -> list[Verb]:
        """The verbs that this person may use; the others are not even shown."""
        return [verb for verb in self.verbs if request.user.has_perm(verb.permission)]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            context["verb_buttons"] = buttons(self.verbs, request.user, self.model._meta.model_name, row)
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def verb_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """GET asks; POST acts, when its form is right."""
        verb = next((one for one in self.verbs if one.name == name), None)
        if verb is None:
            raise Http404
        if not (request.user.has_perm(verb.permission) and self.has_view_permission(request)):
            raise PermissionDenied
        keys = self._keys(request)
        initial = verb.initial(keys, request)
        if request.method != "POST":
            return self._ask(request, verb, keys, verb.form(initial=initial))
        form = verb.form(request.POST, initial=initial)
        if form.is_valid() and (result := self._act(verb, keys, actors.of_request(request), form)):
            single = len(keys) == 1 and "row" in request.POST and self.model.objects.filter(pk=keys[0]).exists()
            back = self._url("change", keys[0]) if single else self._url("changelist")
            return self._answer(request, result, verb, back)
        return self._ask(request, verb, keys, form)

    def _entry(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """The dialog is a part of a page: signed out, it says so and is not the form to sign in."""
        frame = AdminFrame()
        if not frame.admits(request):
            return sign_in(frame, request)
        answer: HttpResponseBase = self.admin_site.admin_view(self.verb_view)(request, name)
        return answer

    def _action(self, verb: Verb) -> Callable[..., HttpResponse | None]:
        def begin(admin: "VerbAdmin", request: HttpRequest, selected: QuerySet[Any]) -> HttpResponse | None:
            keys = list(selected.values_list("pk", flat=True)[: MOST + 1])
            if len(keys) > MOST:
                messages.error(request, f"At most {MOST} at once: narrow the list by its filters.")
                return None
            return admin._ask(request, verb, keys, verb.form(initial=verb.initial(keys, request)))

        begin.__name__ = verb.name
        begin.short_description = verb.label  # type: ignore[attr-defined]  # what Django reads
        return begin

    def _keys(self, request: HttpRequest) -> list[Any]:
        """The rows' keys, from the page that asked or from a button's address. Raises Http404."""
        try:
            given = json.loads(request.POST["keys"]) if "keys" in request.POST else request.GET.getlist("key")
        except (ValueError, RecursionError):
            raise Http404 from None
        if not isinstance(given, list) or not 0 < len(given) <= MOST:
            raise Http404
        return self.named(given)

    def _ask(self, request: HttpRequest, verb: Verb, keys: Sequence[Any], form: forms.Form) -> TemplateResponse:
        options = self.model._meta
        partial = bool(request.headers.get("HX-Request"))
        context = {
            **({} if partial else self.admin_site.each_context(request)),
            "title": f"{verb.label}: {_count(keys, options)}",
            "opts": options,
            "verb": verb,
            "form": form,
            "count": _count(keys, options),
            "shown": [str(key) for key in keys[:SHOWN]],
            "others": max(0, len(keys) - SHOWN),
            "keys": json.dumps([str(key) for key in keys]),
            "from_row": request.method == "GET" or "row" in request.POST,
            "action": self._url("verb", verb.name),
            "back": self._url("changelist"),
        }
        template = "console/confirm.html" if partial else "admin/jobs/confirm.html"
        return TemplateResponse(request, template, context, status=422 if form.errors and partial else 200)

    def _act(self, verb: Verb, keys: Sequence[Any], actor: Actor, form: forms.Form) -> Steered[Any] | None:
        """Run the verb; None when the form's values were refused as such."""
        try:
            return verb.run(keys, actor, form.cleaned_data)
        except FlowbitError as error:
            form.add_error(None, error.message)
            return None

    def _answer(self, request: HttpRequest, result: Steered[Any], verb: Verb, back: str) -> HttpResponse:
        """Say what came of it."""
        if not result.refused:
            return acted(request, _told(result, verb, self.model._meta), back)
        reasons = [error.message for error in result.refused.values()]
        more = f" (and {len(reasons) - 3} more)" if len(reasons) > 3 else ""
        said = f"{len(reasons)} refused: {'; '.join(reasons[:3])}{more}"
        if result.moved:
            said = f"{_told(result, verb, self.model._meta)} {said}"
        return acted(request, said, back, "warning")

    def _url(self, kind: str, *args: Any) -> str:
        return reverse(f"{self.admin_site.name}:{self._url_name(kind)}", args=args)

    def _url_name(self, kind: str) -> str:
        return f"{self.model._meta.app_label}_{self.model._meta.model_name}_{kind}"


def _count(keys: Sequence[Any], options: Any) -> str:
    name = options.verbose_name if len(keys) == 1 else options.verbose_name_plural
    return f"{len(keys)} {name}"


def _told(result: Steered[Any], verb: Verb, options: Any) -> str:
    """`3 jobs cancelled. 1 of them still runs and was asked to stop.`"""
    said = f"{_count(result.moved, options)} {verb.done}."
    if result.asked:
        said += f" {len(result.asked)} of them still running: asked to stop."
    if result.followed:
        said += f" {result.followed} that depended on them went along."
    return said
