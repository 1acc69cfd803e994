"""A page of the console and its panels. The same template serves a panel's first load, its swap and its push."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.generic import View

from jobs.console.frames import AdminFrame, Frame
from jobs.services.access import AnyUser

DRAWER = "console/drawer.html"


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a page that refreshes on its own.

    `context` is given the page and answers what `template` shows. `live` names, separated by spaces, the kinds of
    events that make it change (`job queue`; see docs/console.md); without any it is refreshed by hand only.
    Who lacks `permission` does not get it. Between two refreshes lie at least `every` seconds.
    """

    template: str
    context: Callable[[Any], Mapping[str, Any]]
    live: str = ""
    permission: str = ""
    label: str = ""
    every: float = 1.0


@method_decorator([never_cache, csrf_protect], name="dispatch")
class Page(View):
    """`GET` renders `template` with all panels, `?panel=NAME` one of them, `?drawer=1` the page without its frame.

    `template` extends `layout`, and places panels by `{% panel "NAME" %}`. What all parts of a page need is loaded
    by `prepare`, once. `frame` is what is around it, and who may look at all.
    """

    frame: ClassVar[Frame] = AdminFrame()

    template: ClassVar[str]
    title: ClassVar[str] = ""
    permission: ClassVar[str | None] = None
    panels: ClassVar[Mapping[str, Panel]] = {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.frame.admits(request):
            return sign_in(self.frame, request)
        if self.permission and not self.user.has_perm(self.permission):
            return self.refused(request)
        self.prepare()
        return super().dispatch(request, *args, **kwargs)

    @property
    def user(self) -> AnyUser:
        return self.request.user

    def prepare(self) -> None:
        """Load what the page is about, from `self.request` and `self.kwargs`. May raise Http404."""

    def context(self) -> dict[str, Any]:
        """What the page's own template shows beside its panels."""
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if (name := request.GET.get("panel")) is not None:
            return self.panel(request, name)
        return self.answer(request)

    def answer(self, request: HttpRequest, status: int = 200) -> HttpResponse:
        """The whole page, or what the drawer shows of it."""
        drawer = "drawer" in request.GET
        frame = {} if drawer else self.frame.context(request)
        layout = DRAWER if drawer else self.frame.layout
        shown = {**frame, "title": self.title, **self.context(), "page": self, "layout": layout}
        return _varied(render(request, self.template, shown, status=status))

    def panel(self, request: HttpRequest, name: str, status: int = 200) -> HttpResponse:
        """One panel alone. Raises Http404 when this person may not see it."""
        if name not in self.shown_panels:
            raise Http404
        return _varied(render(request, "console/one_panel.html", {"page": self, "name": name}, status=status))

    def refused(self, request: HttpRequest) -> HttpResponse:
        """The answer to somebody who is signed in and may not."""
        if request.headers.get("HX-Request"):
            return HttpResponse("You may not see this.", status=403, content_type="text/plain")
        shown = {**self.frame.context(request), "layout": self.frame.layout}
        return render(request, "console/refused.html", shown, status=403)

    @property
    def shown_panels(self) -> Mapping[str, Panel]:
        """The panels that this person may see."""
        return {
            name: panel
            for name, panel in self.panels.items()
            if not panel.permission or self.user.has_perm(panel.permission)
        }

    def address_of(self, name: str) -> str:
        """Where a panel is asked for anew, under the same filters."""
        query = self.request.GET.copy()
        query.pop("drawer", None)
        query["panel"] = name
        return f"{self.request.path}?{query.urlencode()}"


def sign_in(frame: Frame, request: HttpRequest) -> HttpResponse:
    """A part of a page must not be replaced by a form to sign in: the browser is told to say so instead."""
    if request.headers.get("HX-Request"):
        return HttpResponse("Your session has ended: sign in again.", status=401, content_type="text/plain")
    return frame.sign_in(request)


def _varied(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["Cookie", "HX-Request"])
    return response
