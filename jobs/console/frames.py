"""What is around a page of the console: the admin, or for people who are not of the staff a plain header."""

from typing import Any, ClassVar, Protocol

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse


class Frame(Protocol):
    """`layout` is the template that a page extends; it has the blocks `content_title` and `page`."""

    layout: ClassVar[str]

    def admits(self, request: HttpRequest) -> bool:
        """Whether whoever asks may look at pages in this frame at all."""

    def sign_in(self, request: HttpRequest) -> HttpResponse:
        """The way in for whoever may not."""

    def context(self, request: HttpRequest) -> dict[str, Any]:
        """What the layout shows."""


class AdminFrame:
    """Inside the admin, for the staff."""

    layout: ClassVar[str] = "console/base.html"

    def admits(self, request: HttpRequest) -> bool:
        return admin.site.has_permission(request)

    def sign_in(self, request: HttpRequest) -> HttpResponse:
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return admin.site.each_context(request)


class PersonFrame:
    """Outside of the admin, for everybody who can sign in."""

    layout: ClassVar[str] = "console/person.html"

    def admits(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.is_active

    def sign_in(self, request: HttpRequest) -> HttpResponse:
        return redirect_to_login(request.get_full_path())

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {}
