"""`file.ingest`: bring a file into the artifact storage and remember it."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Annotated, Any

from django.db import transaction
from pydantic import AfterValidator, Field

from jobs import artifacts
from jobs.conf import options
from jobs.context import Context
from jobs.handler import handler
from jobs.handlers import guarded_http, sniffing
from jobs.handlers.payloads import FileId
from jobs.models import StoredFile
from jobs.outcomes import Discard

DEADLINE = 240.0
"""Seconds that fetching may take, below the handler's timeout so that the error names the cause."""

IN_MEMORY = 1024 * 1024
CHUNK = 64 * 1024


def _known_scheme(source: str) -> str:
    if source.lower().startswith(("http://", "https://")):
        guarded_http.parse_url(source)
    elif "://" in source:
        raise ValueError("must be http(s)://..., upload:<path> or a storage path")
    return source


Source = Annotated[
    str,
    Field(min_length=1, max_length=2048, description="URL, `upload:<path>` or `storage:<path>`"),
    AfterValidator(_known_scheme),
]


@dataclass(frozen=True, slots=True)
class Received:
    """A file on its way: its content on local disk, and what is known of it."""

    content: IO[bytes]
    size: int
    sha256: str
    mime: str


@handler("file.ingest", timeout="5m", artifact="path")
def ingest_file(ctx: Context, file_id: FileId, source: Source) -> dict[str, Any]:
    """Fetch a file, check its size and type, hash and store it."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as scratch:
        received = _receive(ctx, source, scratch)
        ctx.progress(0.8, "storing")
        stored = _remember(ctx, file_id, source, received)
    return {
        "file_id": file_id,
        "path": stored.path,
        "bytes": stored.size,
        "sha256": stored.sha256,
        "mime": stored.mime,
    }


def _receive(ctx: Context, source: str, scratch: IO[bytes]) -> Received:
    limit = options().max_artifact
    digest, size = hashlib.sha256(), 0
    with _opened(ctx, source, limit) as (chunks, name):
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            scratch.write(chunk)
    return Received(scratch, size, digest.hexdigest(), sniffing.sniff(scratch, name))


@contextmanager
def _opened(ctx: Context, source: str, limit: int) -> Iterator[tuple[Iterator[bytes], str]]:
    """The source's bytes in chunks (never more than `limit`), and the name it goes by."""
    if source.lower().startswith(("http://", "https://")):
        with guarded_http.get(source, deadline=DEADLINE) as reply:
            yield reply.chunks(limit), guarded_http.parse_url(reply.url).path
    else:
        path = artifacts.readable(_storage_path(source), artifacts.space(ctx.tenant_id, ctx.owner_id))
        with artifacts.open_existing(path) as file:
            if file.size > limit:
                raise Discard(f"the file is longer than {limit} bytes")
            yield file.chunks(CHUNK), path


def _storage_path(source: str) -> str:
    scheme, separator, path = source.partition(":")
    if separator and scheme == "upload":
        return path if path.startswith(f"{artifacts.UPLOADS}/") else f"{artifacts.UPLOADS}/{path}"
    return path if separator and scheme == "storage" else source


def _remember(ctx: Context, file_id: str, source: str, received: Received) -> StoredFile:
    name = f"{received.sha256[:16]}{sniffing.extension(received.mime)}"
    path = f"files/{artifacts.space(ctx.tenant_id, ctx.owner_id)}/{file_id}/{name}"
    values = {
        "path": artifacts.keep(path, received.content, received.size),
        "size": received.size,
        "sha256": received.sha256,
        "mime": received.mime,
        "source": source.partition("?")[0],  # a signed URL has its key behind the question mark
        "job_id": ctx.job_id,
    }
    with transaction.atomic():
        return StoredFile.objects.remember(file_id, ctx.tenant_id, ctx.owner_id, **values)
