"""The dialog that begins an operation: what will happen to how many, at which rate, and why."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property

from jobs import actors
from jobs.console import asked
from jobs.console.answers import acted
from jobs.console.bulk.words import WORDS, Word, estimated
from jobs.console.forms import ReasonForm, priority_field, queue_field
from jobs.console.page import Page
from jobs.errors import FlowbitError, Invalid
from jobs.filters import bulk_filters
from jobs.ids import uuid7
from jobs.queries import bulk as query
from jobs.queries.pages import HURRY, PATIENCE
from jobs.services import access, bulk, bulk_verbs, dead_letters
from jobs.services.bulk import Estimate, Wanted
from jobs.services.bulk_verbs import BulkVerb


class BeginForm(ReasonForm):
    """`queue` and `priority` are there where the verb takes them. `key` is one for each time that it is shown: pressed
    twice, it begins one operation.
    """

    key = forms.UUIDField(required=False, initial=uuid7, widget=forms.HiddenInput)

    rate = forms.FloatField(
        required=False,
        min_value=dead_letters.RATES[0],
        max_value=dead_letters.RATES[1],
        label="Rate",
        help_text="So many a second at most; blank means as fast as it goes",
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )

    def __init__(self, verb: BulkVerb, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        if "queue" in verb.parameters:
            self.fields["queue"] = queue_field(required="queue" in verb.required)
        if "priority" in verb.parameters:
            self.fields["priority"] = priority_field(required="priority" in verb.required)
        self.order_fields(["rate", "reason", "queue", "priority"])

    def parameters(self) -> dict[str, Any]:
        """What the verb changes, without what was left blank."""
        found = {name: self.cleaned_data.get(name) for name in ("queue", "priority")}
        return {name: value for name, value in found.items() if value not in (None, "")}


class BeginBulk(Page):
    """`/admin/bulk/begin/?verb=dlq.replay&...`: the filters of the list that asks, or `key`s of its ticked rows."""

    permission = access.VIEW_JOB

    def prepare(self) -> None:
        """Whoever may not do it is not even told how many it would be."""
        if self.request.GET.get("verb") not in WORDS:
            raise Http404
        if not self.user.has_perm(self.verb.permission):
            raise PermissionDenied

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._ask(BeginForm(self.verb))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = BeginForm(self.verb, request.POST)
        if self.problem or not form.is_valid():
            return self._ask(form)
        wanted = Wanted(
            verb=self.verb.name,
            filter=self.filters,
            parameters=form.parameters(),
            rate=form.cleaned_data["rate"],
            reason=form.cleaned_data["reason"],
            key=form.cleaned_data["key"],
        )
        try:
            bulk.begin(wanted, self.estimate, self.user, actors.of_request(request))
        except FlowbitError as error:
            form.add_error(None, error.message)
            return self._ask(form)
        return acted(request, f"Begun: {self.word.label.lower()} {self.how_many}.", reverse("console-bulk"))

    @cached_property
    def verb(self) -> BulkVerb:
        return bulk_verbs.get(self.request.GET["verb"])

    @property
    def word(self) -> Word:
        return WORDS[self.verb.name]

    @cached_property
    def filters(self) -> dict[str, str]:
        found = asked.filters(self.request)
        found.pop("cursor", None)
        found.pop("limit", None)
        keys = self.request.GET.getlist("key")
        return {**found, "ids": ",".join(keys)} if keys else found

    @cached_property
    def estimate(self) -> Estimate:
        """The one that is kept with an operation may take its time; the dialog is waited for."""
        wanted = bulk_filters.wanted(self.verb, self.filters)
        return query.estimate(self.user, self.verb, wanted, PATIENCE if self.request.method == "POST" else HURRY)

    @cached_property
    def problem(self) -> str:
        """What is wrong with the filters, if anything is."""
        try:
            self.estimate  # noqa: B018 - asks, and keeps the answer
        except Invalid as error:
            return error.message
        return ""

    @property
    def how_many(self) -> str:
        return estimated(self.word, self.estimate, query.MOST_COUNTED)

    def _ask(self, form: BeginForm) -> HttpResponse:
        partial = bool(self.request.headers.get("HX-Request"))
        shown = {
            "title": f"{self.word.label} {self.word.noun}s" if self.problem else f"{self.word.label} {self.how_many}",
            "word": self.word,
            "form": form,
            "problem": self.problem,
            "nothing": not self.problem and self.estimate.number == 0,
            "filters": bulk_filters.told(self.filters, payloads=self.user.has_perm(access.VIEW_PAYLOAD)),
            "action": self.request.get_full_path(),
            "back": reverse("console-bulk"),
        }
        status = 422 if partial and form.is_bound else 200
        if partial:
            return render(self.request, "console/bulk/begin.html", shown, status=status)
        return render(self.request, "console/bulk/begin_page.html", {**admin.site.each_context(self.request), **shown})
