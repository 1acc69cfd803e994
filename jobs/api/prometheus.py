"""`GET /metrics`, for Prometheus and whatever else reads its formats."""

from django.http import HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from jobs.api.files import WhateverIsAccepted
from jobs.api.overviews import TAG, OpenUnlessClosed
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView
from jobs.conf import options
from jobs.metrics.page import page

_FORMATS = {(200, media): {"type": "string"} for media in ("text/plain", "application/openmetrics-text")}


class PrometheusView(ApiView):
    """The figures of all processes together, the same from every web process. Cheap: see `jobs.metrics.page`."""

    permission_classes = (OpenUnlessClosed, AllowAny)  # the second one tells the OpenAPI document
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = WhateverIsAccepted
    throttle_classes = ()

    def get_authenticators(self) -> list[BaseAuthentication]:
        """While it is open nobody is asked who they are: PostgreSQL need not be there for that."""
        return [] if options().metrics_open else super().get_authenticators()

    @documented(
        "Scrape the figures",
        tag=TAG,
        gives=_FORMATS,  # type: ignore[arg-type]  # a form of drf-spectacular
        open=True,
    )
    def get(self, request: Request) -> HttpResponse:
        """For Prometheus: text, or OpenMetrics where it is accepted. Open, unless METRICS_OPEN closes it."""
        shown = page().show(request.headers.get("Accept", ""))
        return HttpResponse(shown.body, content_type=shown.content_type, headers={"Cache-Control": "no-store"})
