"""Files that people and programs bring along, for `file.ingest` to take."""

import hashlib
import math
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO
from uuid import uuid4

from django.core.files import File

from jobs import artifacts
from jobs.conf import options
from jobs.errors import TooLarge
from jobs.services import throttle

IN_MEMORY = 1024 * 1024
_MIB = 1024 * 1024
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Received:
    """`source` is what `file.ingest` takes; nobody can guess it."""

    source: str
    path: str
    name: str
    size: int
    sha256: str


def receive(user_id: int | None, name: str, size: int, chunks: Iterable[bytes]) -> Received:
    """Store a file of `size` bytes under a path of its own. Raises TooLarge, TooMany."""
    _check_size(size)
    mebibytes = max(math.ceil(size / _MIB), 1)
    throttle.use(f"upload {user_id}", mebibytes, options().upload_quota, "this is more than may be uploaded now")
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as scratch:
        size, digest = _copy(chunks, scratch)
        scratch.seek(0)
        kept = _safe(name)
        path = artifacts.storage().save(f"{artifacts.UPLOADS}/{uuid4().hex}/{kept}", File(scratch, name=kept))
    return Received(f"upload:{path}", path, kept, size, digest)


def _check_size(size: int) -> None:
    limit = options().max_artifact
    if size > limit:
        raise TooLarge(f"the file is larger than {limit // _MIB} MiB")


def _copy(chunks: Iterable[bytes], target: IO[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        _check_size(size)
        digest.update(chunk)
        target.write(chunk)
    return size, digest.hexdigest()


def _safe(name: str) -> str:
    """The sender's name as one segment of a path: its end, for the ending says what it is."""
    return _UNSAFE.sub("_", name)[-100:].lstrip(".-_") or "file"
