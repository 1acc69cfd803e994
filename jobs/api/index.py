"""Where the API begins: the addresses of its lists."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from jobs.api.schema.documented import documented
from jobs.api.views import ApiView

_LISTS = (
    "jobs",
    "dlq",
    "dlq-groups",
    "bulk",
    "queues",
    "workers",
    "overview",
    "dashboard",
    "metrics",
    "handlers",
    "health",
)


class IndexView(ApiView):
    """The lists of this API. How to use it is told at /api/docs."""

    @documented(
        "Begin here",
        tag="index",
        gives={200: {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}}},
    )
    def get(self, request: Request) -> Response:
        """Addresses by name."""
        return Response({name: reverse(f"api:{name}", request=request) for name in _LISTS})
