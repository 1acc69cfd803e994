"""Edit and replay one dead letter: its payload as text, and what was changed in it as a diff."""

import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property

from jobs import actors
from jobs.console.answers import acted
from jobs.console.controls import revealed
from jobs.console.forms import ReplayForm
from jobs.console.letters import payload_diff
from jobs.console.letters.letter import LetterPage
from jobs.console.letters.payload_diff import Diff
from jobs.errors import FlowbitError
from jobs.registry import registry
from jobs.services import access, dead_letters
from jobs.services.dead_letters import Overrides


class ReplayPage(LetterPage):
    """GET asks, POST with `check` shows what would change and whether the handler takes it, POST replays."""

    def prepare(self) -> None:
        super().prepare()
        if not self.user.has_perm(access.REPLAY_JOB):
            raise PermissionDenied

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._ask(ReplayForm(initial=self._initial))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ReplayForm(request.POST, initial=self._initial)
        valid = form.is_valid()
        if "check" in request.POST:
            return self._check(form)
        if not valid:
            return self._ask(form)
        cleaned = form.cleaned_data
        overrides = Overrides(
            queue=cleaned["queue"] or None, priority=cleaned["priority"], payload=cleaned.get("payload")
        )
        try:
            dead_letters.replay([self.letter.pk], actors.of_request(request), overrides, cleaned["reason"]).only()
        except FlowbitError as error:
            form.add_error(None, error.message)
            return self._ask(form)
        return acted(request, "1 dead letter replayed.", self.back)

    @property
    def back(self) -> str:
        return reverse("admin:jobs_deadletter_change", args=[self.letter.pk])

    @cached_property
    def _initial(self) -> dict[str, Any]:
        """The payload to edit, for somebody who may see it, and may submit such a job."""
        if self.job is None or not self.payloads:
            return {}
        definition = registry.find(self.job.type)
        if definition is not None and not access.may_submit(self.user, definition):
            return {}
        return {"payload": revealed(json.dumps(self.job.payload, indent=2, ensure_ascii=False))}

    def _diff(self, form: ReplayForm) -> Diff | None:
        """What the form would change; None while its payload is no JSON, or is not to be edited."""
        if self.job is None or "payload" not in form.fields or form.errors.get("payload"):
            return None
        cleaned = getattr(form, "cleaned_data", {})
        payload = cleaned.get("payload")
        after = self.job.payload if payload is None else payload
        return payload_diff.compare(self.job.payload, after, dead_letters.payload_problems(self.job.type, after))

    def _check(self, form: ReplayForm) -> HttpResponse:
        shown = {"diff": self._diff(form), "form": form, "job": self.job}
        return render(self.request, "console/letters/changes.html", shown)

    def _ask(self, form: ReplayForm) -> HttpResponse:
        partial = bool(self.request.headers.get("HX-Request"))
        shown = {
            "title": "Edit and replay" if "payload" in form.fields else "Replay",
            "letter": self.letter,
            "job": self.job,
            "form": form,
            "diff": self._diff(form),
            "action": f"{reverse('admin:jobs_deadletter_verb', args=['replay'])}?key={self.letter.pk}",
            "back": self.back,
        }
        status = 422 if partial and form.is_bound else 200
        if partial:
            return render(self.request, "console/letters/replay.html", shown, status=status)
        return render(
            self.request, "console/letters/replay_page.html", {**admin.site.each_context(self.request), **shown}
        )
