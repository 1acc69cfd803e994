"""The page for a new job: choose a type, fill in what it takes, see what will be sent, send it."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from jobs import requests
from jobs.console.new_job import draft, types
from jobs.console.new_job.draft import Draft
from jobs.console.page import Page, Panel
from jobs.console.visible import visible_job
from jobs.envelope import JobRequest
from jobs.models import Queue
from jobs.registry import Definition, registry
from jobs.services import access
from jobs.services.submit_for import Submitted, check, submit_for

MOST_QUEUES = 200


def form(page: "NewJobPage") -> dict[str, Any]:
    """The inputs of the chosen type, and what will be sent."""
    return {
        "draft": page.draft,
        "queues": Queue.objects.order_by("name").values_list("name", flat=True)[:MOST_QUEUES],
        **page.preview(),
    }


class NewJobPage(Page):
    """`?type=` chooses; `?like=` fills in what another job had; a POST to `?check=` stores nothing."""

    template = "console/new_job/page.html"
    title = "New job"
    permission = access.SUBMIT_JOB
    panels: ClassVar = {"form": Panel("console/new_job/form.html", form)}
    draft: Draft | None = None

    def prepare(self) -> None:
        like = visible_job(self.user, text) if (text := self.request.GET.get("like")) else None
        name = self.request.POST.get("type") or self.request.GET.get("type") or (like.type if like else "")
        if not name:
            return
        definition = registry.find(name[:200])
        if definition is None or not access.may_submit(self.user, definition):
            raise Http404
        if like is not None and not access.sees_payload(self.user, like.owner_id):
            like.payload = {}
        data = self.request.POST if self.request.method == "POST" else None
        self.draft = draft.begin(definition, data, like, self.request.GET)

    @property
    def groups(self) -> list[tuple[str, list[Definition]]]:
        """The types to choose from."""
        return types.grouped(self.user)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.draft is None:
            raise Http404
        if (name := request.GET.get("check")) is not None:
            return self._checked(self.draft, name)
        if self.draft.is_valid() and (made := self._submit(self.draft)):
            _tell(request, made)
            return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[made.job.pk]))
        return self.answer(request, status=422)

    def preview(self) -> dict[str, Any]:
        if self.draft is None:
            return {}
        url = self.request.build_absolute_uri(reverse("api:jobs"))
        return self.draft.preview(url)

    def _checked(self, wanted: Draft, name: str) -> HttpResponse:
        """What is wrong with one input, and what would be sent now. Nothing is stored."""
        wanted.is_valid()
        wanted.take(lambda: check(self.user, self._request(wanted)))
        context = {"errors": wanted.errors_of(name), **self.preview()}
        return render(self.request, "console/new_job/checked.html", context)

    def _submit(self, wanted: Draft) -> Submitted | None:
        return wanted.take(lambda: submit_for(self.user, self._request(wanted)))

    def _request(self, wanted: Draft) -> JobRequest:
        return requests.job_request(wanted.body(), self.user)


def _tell(request: HttpRequest, made: Submitted) -> None:
    if made.submission.duplicate_suppressed:
        messages.info(request, "Nothing new: this job was submitted under the same key before.")
    else:
        messages.success(request, "Submitted.")
    for warning in made.submission.warnings:
        messages.warning(request, warning)
