"""How views become operations of the OpenAPI document, which of them are in it, and what is added to it: handlers'
schemas, credentials.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer

from jobs.api.schema.documented import parameter
from jobs.registry import registry

SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, the admin token or a JWT"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "Unsafe methods: X-CSRFToken too",
    },
}
_BLANKS = re.compile(r"[^a-z0-9]+")
_NAMES = re.compile(r"{\w+}")
_PLACES = ("/api/v1/", "/api/", "/")

Endpoint = tuple[str, str, str, Callable[..., Any]]
"""Path, the same as a regular expression, method, view."""


class Schema(AutoSchema):
    """Reads what an `ApiView` declares of itself."""

    def get_override_parameters(self) -> list[Any]:
        if self.method != "GET" and hasattr(self.view, "get"):
            return []
        return [parameter(declared) for declared in getattr(self.view, "query", ())]

    def get_operation_id(self) -> str:
        return _BLANKS.sub("_", super().get_operation_id().lower()).strip("_")

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular's own
        """The docstring, and the permission."""
        told = str(super().get_description() or "")
        permission = getattr(self.view, "needs", {}).get(self.method)
        return f"{told}\n\nNeeds the permission `{permission}`." if permission else told

    def map_renderers(self, attribute: str) -> list[str]:
        """Without the pages that some addresses show to people."""
        pages = {str(getattr(TemplateHTMLRenderer, attribute))}
        return [found for found in super().map_renderers(attribute) if found not in pages]

    def get_auth(self) -> list[dict[str, list[str]]]:
        """The same everywhere: whoever is known may come by any of them."""
        if any(isinstance(one, AllowAny) for one in self.view.get_permissions()):
            return [{}]
        return [{name: []} for name in SECURITY]


def once(endpoints: Iterable[Endpoint], **context: Any) -> list[Endpoint]:
    """A preprocessing hook of drf-spectacular: a view that has several addresses is told at the first of `_PLACES`."""
    found: dict[Any, Endpoint] = {}
    for endpoint in sorted(endpoints, key=_place):
        path, _, method, view = endpoint
        found.setdefault((getattr(view, "cls", view), method, *_NAMES.findall(path)), endpoint)
    return list(found.values())


def _place(endpoint: Endpoint) -> int:
    return next(number for number, place in enumerate(_PLACES) if endpoint[0].startswith(place))


def complete(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular: credentials and payloads."""
    components = result.setdefault("components", {})
    components["securitySchemes"] = SECURITY
    _add_payloads(components.setdefault("schemas", {}))
    return result


def _add_payloads(components: dict[str, Any]) -> None:
    """Every handler's payload as a component, and a job's payload as one of these."""
    names = []
    for definition in registry:
        schema = definition.model.model_json_schema(by_alias=False, ref_template="#/components/schemas/{model}")
        components.update(schema.pop("$defs", {}))
        name = definition.model.__name__
        components[name] = {**schema, "description": f"Payload of `{definition.type}`: {definition.summary}"}
        names.append(name)
    if "JobBody" in components:
        told = components["JobBody"]["properties"]["payload"].get("description", "")
        choices = [{"$ref": f"#/components/schemas/{name}"} for name in names]
        components["JobBody"]["properties"]["payload"] = {"anyOf": [*choices, {"type": "null"}], "description": told}
