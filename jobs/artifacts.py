"""Paths in the artifact storage: who may read which, and writing so that a repeat does no harm.

    files/<tenant>/<file id>/...        what file.ingest brought in
    thumbnails/<tenant>/...             what image.thumbnail made
    reports/<tenant>/...                what report.generate wrote
    uploads/...                         what the API received

`<tenant>` is `_` for jobs without one.
"""

import hashlib
import re
from pathlib import PurePosixPath
from typing import IO

from django.core.files import File
from django.core.files.storage import Storage, storages

from jobs.outcomes import Discard

UPLOADS = "uploads"
_TENANT_FOLDERS = ("files", "thumbnails", "reports")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_LONGEST = 500

SEGMENT = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
"""What may stand between two slashes, as a regular expression: no leading dot."""


def storage() -> Storage:
    return storages["artifacts"]


def tenant_folder(tenant_id: str) -> str:
    """One path segment for a tenant; whatever its name is made of, it is no other tenant's."""
    if not tenant_id:
        return "_"
    return tenant_id if re.fullmatch(SEGMENT, tenant_id) else f"~{hashlib.sha256(tenant_id.encode()).hexdigest()[:40]}"


def readable(path: str, tenant_id: str) -> str:
    """`path`, when a job of this tenant may read it. Raises Discard when not, or when it tries to escape."""
    segments = path.split("/")
    if len(path) > _LONGEST or _CONTROL.search(path) or any(part in ("", ".", "..") for part in segments):
        raise Discard(f"{path[:100]!r} is not a storage path")
    own = segments[0] in _TENANT_FOLDERS and segments[1:2] == [tenant_folder(tenant_id)]
    if len(segments) < 2 or not (own or segments[0] == UPLOADS):
        raise Discard(f"{path[:100]!r} is outside of what this job may read")
    return path


def open_existing(path: str) -> "File[bytes]":
    """Raises Discard when there is no such file."""
    try:
        return storage().open(path, "rb")
    except (FileNotFoundError, IsADirectoryError):
        raise Discard(f"{PurePosixPath(path).name[:100]!r} is not in the artifact storage") from None


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
