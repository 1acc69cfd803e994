"""How views become operations of the OpenAPI document, and what is added to it: handlers' schemas, credentials."""

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import AllowAny

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


class Schema(AutoSchema):
    """Reads what an `ApiView` declares of itself."""

    def get_override_parameters(self) -> list[Any]:
        if self.method != "GET" and hasattr(self.view, "get"):
            return []
        return [
            OpenApiParameter(
                parameter.name,
                dict(parameter.schema),
                description=parameter.says,
                style="form" if parameter.schema.get("type") == "object" else None,
                explode=True if parameter.schema.get("type") == "object" else None,
            )
            for parameter in getattr(self.view, "query", ())
        ]

    def get_operation_id(self) -> str:
        return _BLANKS.sub("_", super().get_operation_id().lower()).strip("_")

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular's own
        """The docstring, and the permission."""
        told = str(super().get_description() or "")
        permission = getattr(self.view, "needs", {}).get(self.method)
        return f"{told}\n\nNeeds the permission `{permission}`." if permission else told

    def get_auth(self) -> list[dict[str, list[str]]]:
        """The same everywhere: whoever is known may come by any of them."""
        if any(isinstance(one, AllowAny) for one in self.view.get_permissions()):
            return [{}]
        return [{name: []} for name in SECURITY]


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
