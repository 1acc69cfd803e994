"""Paths in the artifact storage: who may read which, and writing so that a repeat does no harm.

    files/<space>/<file id>/...         what file.ingest brought in
    thumbnails/<space>/...              what image.thumbnail made
    reports/<space>/...                 what report.generate wrote
    uploads/...                         what the API received, under names that nobody guesses
    results/<job id>/<attempt>.json     a result above the inline limit

`<space>` is a tenant's, of jobs without one their owner's (`_17`), and `_` of those without either.
"""

import hashlib
import re
from pathlib import PurePosixPath
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import Storage, storages

from jobs import jsontext
from jobs.outcomes import Discard

UPLOADS = "uploads"
_IN_SPACES = ("files", "thumbnails", "reports")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_LONGEST = 500

SEGMENT = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
"""What may stand between two slashes, as a regular expression: no leading dot."""


def storage() -> Storage:
    return storages["artifacts"]


def space(tenant_id: str, owner_id: int | None) -> str:
    """One path segment for those who share files; whatever a tenant's name is made of, it is nobody else's."""
    if not tenant_id:
        return "_" if owner_id is None else f"_{owner_id}"
    return tenant_id if re.fullmatch(SEGMENT, tenant_id) else f"~{hashlib.sha256(tenant_id.encode()).hexdigest()[:40]}"


def readable(path: str, space: str) -> str:
    """`path`, when a job of this space may read it. Raises Discard when not, or when it tries to escape."""
    segments = path.split("/")
    if len(path) > _LONGEST or _CONTROL.search(path) or any(part in ("", ".", "..") for part in segments):
        raise Discard(f"{path[:100]!r} is not a storage path")
    own = segments[0] in _IN_SPACES and segments[1:2] == [space]
    if len(segments) < 2 or not (own or segments[0] == UPLOADS):
        raise Discard(f"{path[:100]!r} is outside of what this job may read")
    return path


def open_existing(path: str) -> "File[bytes]":
    """Raises Discard when there is no such file."""
    try:
        return storage().open(path, "rb")
    except (FileNotFoundError, IsADirectoryError):
        raise Discard(f"{PurePosixPath(path).name[:100]!r} is not in the artifact storage") from None


def result(text: str | None, path: str | None) -> Any:
    """The result of a job that keeps it as JSON `text`, or at `path` when it is above the inline limit.

    Raises what the storage does: FileNotFoundError when the file is gone.
    """
    if not path:
        return None if text is None else jsontext.decode(text)
    with storage().open(path) as file:
        return jsontext.decode(file.read())


def keep(path: str, content: IO[bytes], size: int) -> str:
    """Store `content` under a path that names it by its hash; what an earlier attempt stored whole is kept.

    Returns the path in the storage.
    """
    store = storage()
    if store.exists(path):
        if store.size(path) == size:
            return path
        store.delete(path)  # an attempt that died while it wrote
    content.seek(0)
    return store.save(path, File(content, name=path))


def replace(path: str, content: IO[bytes]) -> str:
    """Store `content`, in place of what may be at `path`. Returns the path in the storage."""
    store = storage()
    if store.exists(path):
        store.delete(path)
    content.seek(0)
    return store.save(path, File(content, name=path))
