"""Files that people and programs bring along, for `file.ingest` to take."""

import hashlib
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

IN_MEMORY = 1024 * 1024
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Received:
    """`source` is what `file.ingest` takes; nobody can guess it."""

    source: str
    path: str
    name: str
    size: int
    sha256: str


def receive(name: str, chunks: Iterable[bytes]) -> Received:
    """Store a file under a path of its own. Raises TooLarge."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as scratch:
        size, digest = _copy(chunks, scratch)
        scratch.seek(0)
        kept = _safe(name)
        path = artifacts.storage().save(f"{artifacts.UPLOADS}/{uuid4().hex}/{kept}", File(scratch, name=kept))
    return Received(f"upload:{path}", path, kept, size, digest)


def _copy(chunks: Iterable[bytes], target: IO[bytes]) -> tuple[int, str]:
    limit, size, digest = options().max_artifact, 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"the file is larger than {limit // 1024**2} MiB")
        digest.update(chunk)
        target.write(chunk)
    return size, digest.hexdigest()


def _safe(name: str) -> str:
    """The sender's name as one segment of a path: its end, for the ending says what it is."""
    return _UNSAFE.sub("_", name)[-100:].lstrip(".-_") or "file"
