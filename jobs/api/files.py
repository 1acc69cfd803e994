"""Files: bringing one along, and fetching what a job left."""

import mimetypes
from collections.abc import AsyncIterator
from pathlib import PurePosixPath
from typing import Any, ClassVar

from asgiref.sync import sync_to_async
from django.core.files import File
from django.http import StreamingHttpResponse
from rest_framework import status
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import artifacts
from jobs.api.authentication import OPEN_TO_DEMO
from jobs.api.jobs import TAG
from jobs.api.schema import controls
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView
from jobs.errors import Invalid, NotFound
from jobs.models import Job
from jobs.outcomes import Discard
from jobs.queries.artifact import left
from jobs.services import access, uploads

CHUNK = 256 * 1024
_BINARY = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "properties": {"file": _BINARY}, "required": ["file"], "additionalProperties": False}


class UploadsView(ApiView):
    """Bring a file along, for `file.ingest`."""

    authentication_classes = OPEN_TO_DEMO
    parser_classes = (MultiPartParser,)
    upload_field = "file"
    needs: ClassVar = {"POST": access.SUBMIT_JOB}

    @documented(
        "Upload a file", tag="files", takes={"multipart/form-data": _FORM}, gives={201: controls.Upload}, errors=(400,)
    )
    def post(self, request: Request) -> Response:
        """A form with one `file`, up to 64 MiB. `source` of the answer goes into the payload of `file.ingest`.

        429 above the user's quota (`UPLOAD_QUOTA`).
        """
        files = request.FILES.getlist("file")
        if len(files) != 1 or len(request.FILES) != 1:
            raise Invalid.field("file", "send one file, as the field `file` of a multipart form")
        [file] = files
        found = uploads.receive(request.user.pk, file.name or "", file.size or 0, file.chunks())
        body = {
            "source": found.source,
            "path": found.path,
            "name": found.name,
            "bytes": found.size,
            "sha256": found.sha256,
        }
        return Response(body, status=status.HTTP_201_CREATED)


class WhateverIsAccepted(DefaultContentNegotiation):
    """A file is of the type that it is; only errors are JSON."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class ArtifactView(ApiView):
    """The file that a job left: a result above 64 KiB, a report, a thumbnail, an ingested file."""

    renderer_classes = (JSONRenderer,)
    content_negotiation_class = WhateverIsAccepted

    @documented(
        "Fetch the artifact of a job",
        tag=TAG,
        gives={(200, "*/*"): _BINARY},  # type: ignore[dict-item]  # a form of drf-spectacular
        errors=(404,),
    )
    def get(self, request: Request, job_id: str) -> StreamingHttpResponse:
        """404 when it left none. 403 for those who may not see payloads."""
        job = self.visible_job(request, job_id)
        access.check_payload(request.user, job.owner_id)
        return _download(_open(job))


def _open(job: Job) -> "File[bytes]":
    """Raises NotFound: it left no file, or it names one that it may not read."""
    try:
        if job.artifact:
            return artifacts.open_existing(job.artifact)
        if (path := left(job)) is not None:
            return artifacts.open_existing(artifacts.readable(path, artifacts.space(job.tenant_id, job.owner_id)))
    except Discard as error:
        raise NotFound(str(error)) from None
    raise NotFound("this job left no artifact")


def _download(file: "File[bytes]") -> StreamingHttpResponse:
    """To be saved, never to be shown by a browser as a page of ours."""
    name = PurePosixPath(file.name or "artifact").name
    return StreamingHttpResponse(
        _chunks(file),
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        headers={
            "Content-Length": str(file.size),
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


async def _chunks(file: "File[bytes]") -> AsyncIterator[bytes]:
    read = sync_to_async(file.read, thread_sensitive=False)
    try:
        while chunk := await read(CHUNK):
            yield chunk
    finally:
        await sync_to_async(file.close, thread_sensitive=False)()
