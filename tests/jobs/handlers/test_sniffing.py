import io

import pytest
from PIL import Image

from jobs.handlers import sniffing
from jobs.outcomes import Discard
from tests.jobs.handlers.pictures import huge_png


def picture(format: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (3, 3)).save(target, format)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "mime"),
    [
        (picture("PNG"), "evil.exe", "image/png"),
        (picture("JPEG"), "x", "image/jpeg"),
        (picture("WEBP"), "x.png", "image/webp"),
        (b"%PDF-1.7 ...", "x.txt", "application/pdf"),
        (b"PK\x03\x04....", "x.zip", "application/zip"),
        (
            b"PK\x03\x04....",
            "x.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (b"\x7fELF....", "x.png", "application/x-executable"),
        (b"MZ......", "x.txt", "application/vnd.microsoft.portable-executable"),
        (b"a,b\n1,2\n", "x.csv", "text/csv"),
        (b'{"a": 1}', "x.json", "application/json"),
        (b"not a picture", "x.png", "application/octet-stream"),
        (b"not a document", "x.pdf", "application/octet-stream"),
        (b"a\0b", "x.csv", "application/octet-stream"),
        (b"plain words", "README", "text/plain"),
        (b"a" + "ü".encode() * 600, "README", "text/plain"),
        (b"\xff\xfe\xfd", "x", "application/octet-stream"),
        (b"", "x", "application/octet-stream"),
    ],
)
def test_the_content_speaks_before_the_name(content: bytes, name: str, mime: str) -> None:
    assert sniffing.sniff(io.BytesIO(content), name) == mime


def test_an_image_too_large_to_be_true() -> None:
    with pytest.raises(Discard, match="pixels"):
        sniffing.sniff(io.BytesIO(huge_png(20_000, 20_000)), "x.png")


@pytest.mark.parametrize(
    ("mime", "ending"),
    [
        ("image/png", ".png"),
        ("image/jpeg", ".jpg"),
        ("text/csv", ".csv"),
        ("application/x-executable", ".bin"),
        ("application/octet-stream", ".bin"),
        ("no/such", ".bin"),
    ],
)
def test_endings(mime: str, ending: str) -> None:
    assert sniffing.extension(mime) == ending
