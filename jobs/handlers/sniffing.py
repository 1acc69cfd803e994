"""What a file is, judged by its content first and by its name last."""

import mimetypes
from pathlib import PurePosixPath
from typing import IO

from PIL import Image, UnidentifiedImageError

from jobs.outcomes import Discard

IMAGE_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""Formats that Pillow itself decodes; others may start programs (EPS) or are mere containers."""

UNKNOWN = "application/octet-stream"
_SIGNATURES = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"OggS", "application/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (4, b"ftyp", "video/mp4"),
    (257, b"ustar", "application/x-tar"),
)
_EXTENSIONS = {mime: "" for _, _, mime in _SIGNATURES} | {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/gzip": ".gz",
    "application/vnd.apache.parquet": ".parquet",
    "application/json": ".json",
    "audio/mpeg": ".mp3",
    "image/jpeg": ".jpg",
    "image/tiff": ".tiff",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
    UNKNOWN: ".bin",
}
_TOLD_BY_CONTENT = frozenset(_EXTENSIONS) - {"application/json", "text/plain"}


def sniff(content: IO[bytes], name: str) -> str:
    """The media type of `content`, which came under `name`. Raises Discard: an image too large to be true."""
    content.seek(0)
    head = content.read(1024)
    for offset, magic, mime in _SIGNATURES:
        if head.startswith(magic, offset):
            return _zipped(mime, name)
    return _image_type(content) or _by_name(head, name)


def extension(mime: str) -> str:
    """A file name's ending for a media type, dot included; it owes nothing to the sender."""
    known = _EXTENSIONS.get(mime)
    return (mimetypes.guess_extension(mime) or ".bin") if known is None else known or ".bin"


def _image_type(content: IO[bytes]) -> str | None:
    content.seek(0)
    try:
        with Image.open(content, formats=IMAGE_FORMATS) as image:
            return image.get_format_mimetype()
    except Image.DecompressionBombError:
        raise Discard("the image has too many pixels") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None


def _zipped(mime: str, name: str) -> str:
    """Office documents are zip archives; here the name may say more than the content."""
    guessed = mimetypes.guess_type(PurePosixPath(name).name)[0] or ""
    office = guessed.startswith(("application/vnd.openxmlformats", "application/vnd.oasis"))
    return guessed if mime == "application/zip" and office else mime


def _by_name(head: bytes, name: str) -> str:
    """What the name says, unless the content belies it; text that nobody named is plain text."""
    guessed = mimetypes.guess_type(PurePosixPath(name).name)[0]
    if guessed in _TOLD_BY_CONTENT or (guessed or "").startswith("image/") and guessed != "image/svg+xml":
        return UNKNOWN
    is_text = b"\0" not in head
    if guessed is None:
        return "text/plain" if is_text and head and _decodes(head) else UNKNOWN
    return UNKNOWN if guessed.startswith("text/") and not is_text else guessed


def _decodes(head: bytes) -> bool:
    # The last character may be cut in the middle; four bytes are the longest there is.
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3 and len(head) == 1024
    return True
