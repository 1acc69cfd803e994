"""`/api/schema`: the OpenAPI document, to everybody."""

from functools import cache

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

_RENDERERS = {"json": OpenApiJsonRenderer, "yaml": OpenApiYamlRenderer}


class SchemaView(SpectacularAPIView):
    """Made and written once in each process, whatever the query says: to do so takes most of a second."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        renderer = request.accepted_renderer
        content_type = f"{renderer.media_type}; charset=utf-8"
        headers = {"Content-Disposition": f'inline; filename="Flowbit.{renderer.format}"'}
        return HttpResponse(_written(renderer.format), content_type=content_type, headers=headers)


@cache
def _written(format: str) -> bytes:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    written = _RENDERERS[format]().render(document)
    return written.encode() if isinstance(written, str) else written
