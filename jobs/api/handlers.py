"""The registered types with the schemas of their payloads."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.schema import controls
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView
from jobs.registry import Definition, registry
from jobs.services import access
from jobs.services.access import AnyUser


class HandlersView(ApiView):
    """What can be submitted."""

    @documented("List handlers", tag="handlers", gives={200: controls.Handlers})
    def get(self, request: Request) -> Response:
        """Each type with its aliases, defaults and the JSON Schema of its payload; `allowed`: you may submit it."""
        return Response({"results": [_handler(definition, request.user) for definition in registry]})


def _handler(definition: Definition, user: AnyUser) -> dict[str, Any]:
    return {
        "type": definition.type,
        "aliases": sorted(definition.aliases),
        "summary": definition.summary,
        "queue": definition.queue,
        "timeout": definition.timeout,
        "max_attempts": definition.max_attempts,
        "retry_policy": definition.retry.as_json() if definition.retry else None,
        "schema_version": definition.schema_version,
        "permission": definition.permission,
        "allowed": access.may_submit(user, definition),
        "accepts_any": definition.accepts_any,
        "payload_schema": definition.json_schema(),
    }
