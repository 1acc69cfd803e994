"""The API as pages for people: forms filled with an example, a form for the filters, links that can be clicked."""

import json
import re
from typing import Any

from django.http import HttpRequest
from django.template import loader
from django.utils.html import format_html
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request, override_method

_LINK = re.compile(r'^(\s*"\w+": ")(/api/)', re.M)


class BrowsableRenderer(BrowsableAPIRenderer):
    """REST framework's, fed from what an `ApiView` declares of itself."""

    filter_template = "rest_framework/filters.html"

    def get_raw_data_form(self, data: Any, view: Any, method: str, request: Request) -> Any:
        form = super().get_raw_data_form(data, view, method, request)
        example = getattr(view, "examples", {}).get(method)
        if form and example is not None:
            form.fields["_content"].initial = json.dumps(example, indent=2)
        return form

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Request) -> Any:
        """A form for the file of a view with an `upload_field`; other views have none."""
        name = getattr(view, "upload_field", None)
        if method != "POST" or name is None:
            return super().get_rendered_html_form(data, view, method, request)
        with override_method(view, request, method) as asked:
            shown = self.show_form_for_method(view, method, asked, None)
        return format_html('<input class="form-control" type="file" name="{}">', name) if shown else None

    def get_filter_form(self, data: Any, view: Any, request: Request) -> str | None:
        """All parameters but the cursor, with what is asked for now."""
        shown = [
            {"parameter": parameter, "value": request.query_params.get(parameter.name, "")}
            for parameter in getattr(view, "query", ())
            if parameter.name != "cursor" and parameter.schema.get("type") != "object"
        ]
        if not shown or "get" not in dir(view):
            return None
        plain: HttpRequest = request._request
        return str(loader.get_template(self.filter_template).render({"fields": shown}, plain))

    def get_content(self, renderer: Any, data: Any, accepted_media_type: str | None, renderer_context: Any) -> Any:
        """With whole addresses in place of paths: those become links."""
        content = super().get_content(renderer, data, accepted_media_type, renderer_context)
        base = renderer_context["request"].build_absolute_uri("/")[:-1]
        return _LINK.sub(rf"\1{base}\2", content) if isinstance(content, str) else content
