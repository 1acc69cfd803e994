"""The categories: JSON for programs, the settings page for people, at one address."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.parsers import FormParser
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.renderers import BaseRenderer, JSONRenderer, TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dispatcher import categories
from dispatcher.api import settings_page, shapes
from dispatcher.categories import Category
from jobs.api.parsers import JsonParser
from jobs.api.schema.documented import documented
from jobs.errors import Invalid
from jobs.registry import registry
from jobs.services import access

TAG = "settings"
_EXAMPLE = {"categories": ["email", {"label": "news", "type": "email.send"}]}


class MayChange(BasePermission):
    """Categories say what one's sentences become: not the affair of a key that may not submit."""

    message = "this key may not change what it cannot use"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or access.limits_of(request.user).allow(access.SUBMIT_JOB)


class CategoriesView(APIView):
    """`GET` and `PUT /settings/dispatch-categories`; `POST` is the page's form."""

    permission_classes = (IsAuthenticated, MayChange)
    parser_classes = (JsonParser, FormParser)
    renderer_classes = (JSONRenderer, TemplateHTMLRenderer)

    @property
    def allowed_methods(self) -> list[str]:
        """What programs may do."""
        return [method for method in super().allowed_methods if method != "POST"]

    @documented("List dispatch categories", tag=TAG, gives={200: shapes.Categories})
    def get(self, request: Request) -> Response:
        """Your labels, and what each stands for; for a browser the page."""
        current = categories.of(request.user.pk)
        if _is_page(request):
            return settings_page.shown(request, settings_page.Draft(current))
        return Response(shape(current))

    @documented(
        "Set dispatch categories",
        tag=TAG,
        takes={"application/json": shapes.CategoriesBody},
        gives={200: shapes.Categories},
        example=_EXAMPLE,
    )
    def put(self, request: Request) -> Response:
        """Set them all: labels, each with or without the type that it stands for."""
        _answer_in_json(request)  # the page has no template for what programs do
        if not isinstance(request.data, dict) or "categories" not in request.data:
            raise Invalid.field("categories", "is required")
        return Response(shape(categories.replace(request.user.pk, request.data["categories"])))

    @extend_schema(exclude=True)
    def post(self, request: Request) -> Response:
        """What the page's buttons do: add, remove, try, save."""
        return settings_page.shown(request, settings_page.acted(request))

    def handle_exception(self, exc: Exception) -> Any:
        """A person without a session is sent to sign in; a program is told."""
        if isinstance(exc, NotAuthenticated) and _is_page(self.request):
            return redirect_to_login(self.request.get_full_path())
        if _is_page(self.request):
            _answer_in_json(self.request)  # failures have one shape
        return super().handle_exception(exc)


def _answer_in_json(request: Request) -> None:
    request.accepted_renderer = JSONRenderer()
    request.accepted_media_type = JSONRenderer.media_type


def _is_page(request: Request) -> bool:
    renderer: BaseRenderer | None = getattr(request, "accepted_renderer", None)
    return isinstance(renderer, TemplateHTMLRenderer)


def shape(current: list[Category]) -> dict[str, Any]:
    """The labels, and what each stands for."""
    return {
        "categories": [one.label for one in current],
        "handlers": [{"label": one.label, "type": one.type, "summary": _summary(one)} for one in current],
        "limit": categories.MOST,
    }


def _summary(category: Category) -> str | None:
    """None when its handler is gone."""
    found = registry.find(category.type)
    return found.summary if found else None
