"""Whether the servers behind can be reached. Open to everybody, so it tells no address and no message."""

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.errors import RETRY_AFTER
from jobs.api.schema import controls
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView
from jobs.conf import options
from jobs.queries import health

TAG = "health"


@method_decorator(never_cache, "dispatch")
class OpenView(ApiView):
    """Needs no credential and no session: a page in HTML would ask the database who looks at it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = (JSONRenderer,)
    throttle_classes = ()


class HealthView(OpenView):
    """Whether jobs are accepted."""

    @documented("Check health", tag=TAG, gives={200: controls.Health, 503: controls.Health}, open=True)
    def get(self, request: Request) -> Response:
        """200 when jobs are accepted: `ok`, or `degraded` without a healthy Redis. 503 without PostgreSQL.

        Also at /health, /healthz and /readyz.
        """
        database, redis = health.database(), health.redis()
        state = "down" if database["status"] == "down" else "degraded" if redis["status"] != "ok" else "ok"
        return _answer(
            {"status": state, "version": options().service_version, "postgresql": database, "redis": redis}, state
        )


class DatabaseView(OpenView):
    """Whether PostgreSQL answers."""

    @documented("Check PostgreSQL", tag=TAG, gives={200: controls.Part, 503: controls.Part}, open=True)
    def get(self, request: Request) -> Response:
        """503 when it does not. Also at /health/db."""
        found = health.database()
        return _answer(found, found["status"])


class RedisView(OpenView):
    """Whether Redis answers, and keeps what it is given."""

    @documented("Check Redis", tag=TAG, gives={200: controls.Part, 503: controls.Part}, open=True)
    def get(self, request: Request) -> Response:
        """503 when it does not. Jobs are accepted all the same, and run when it is back. Also at /health/redis."""
        found = health.redis()
        return _answer(found, found["status"])


def _answer(body: dict[str, Any], state: str) -> Response:
    if state != "down":
        return Response(body)
    return Response(body, status=503, headers={"Retry-After": str(RETRY_AFTER)})
