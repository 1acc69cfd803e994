"""`image.thumbnail`: a smaller copy of an image in the artifact storage."""

import hashlib
import io
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from jobs import artifacts
from jobs.conf import options
from jobs.context import Context
from jobs.handler import handler
from jobs.handlers import resizing
from jobs.handlers.payloads import FileId
from jobs.models import StoredFile
from jobs.outcomes import Discard

SIZES = {"sm": 160, "md": 480, "lg": 1024}
Edge = Annotated[int, Field(ge=1, le=8192, description="Pixels")]


def _either(path: str | None, info: ValidationInfo) -> str | None:
    if path is None and "file_id" in info.data and info.data["file_id"] is None:
        raise ValueError("either file_id or path is required")
    return path


Path = Annotated[
    str | None,
    Field(max_length=500, validate_default=True, description="In the artifact storage; in place of file_id"),
    AfterValidator(_either),
]


@handler("image.thumbnail", aliases=("image_resize",), timeout="2m", artifact="asset_path")
def make_thumbnail(
    ctx: Context,
    file_id: FileId | None = None,
    path: Path = None,
    size: Literal["sm", "md", "lg"] = "md",
    width: Edge | None = None,
    height: Edge | None = None,
    format: Literal["png", "jpeg", "webp"] | None = None,
) -> dict[str, Any]:
    """Scale an image down to fit `size`, or `width` and `height`; it keeps its proportions."""
    content = _read(_locate(ctx, file_id, path))
    box = (width or 0, height or 0) if width or height else (SIZES[size], SIZES[size])
    ctx.progress(0.3, "resizing")
    small = resizing.shrink(content, box, format)
    # The hash of what it was made from, and how: a repeat finds the same path, a changed file another.
    source = hashlib.sha256(content).hexdigest()[:16]
    name = f"{source}-{box[0]}x{box[1]}.{small.extension}"
    folder = f"thumbnails/{artifacts.space(ctx.tenant_id, ctx.owner_id)}/{file_id or '_'}"
    stored = artifacts.keep(f"{folder}/{name}", io.BytesIO(small.content), len(small.content))
    return {"asset_path": stored, "width": small.width, "height": small.height, "bytes": len(small.content)}


def _locate(ctx: Context, file_id: str | None, path: str | None) -> str:
    """The storage path to read. Raises Discard: no such file of this job's space, or a forbidden path."""
    if file_id is None:
        return artifacts.readable(path or "", artifacts.space(ctx.tenant_id, ctx.owner_id))
    stored = StoredFile.objects.known_as(file_id, ctx.tenant_id, ctx.owner_id)
    if stored is None:
        raise Discard(f"no file {file_id!r} has been ingested")
    return stored.path


def _read(path: str) -> bytes:
    limit = options().max_artifact
    with artifacts.open_existing(path) as file:
        if file.size > limit:
            raise Discard(f"the file is longer than {limit} bytes")
        content: bytes = file.read()
    return content
