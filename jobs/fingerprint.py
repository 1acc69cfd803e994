"""Which failures are the same failure: a short hash of error class, normalised message and frame. Pure."""

import hashlib
import re

_VARIABLE_PARTS = (
    # First, for what stands inside does not matter. A quote within or after a word is an apostrophe: can't, users'.
    (re.compile(r"(?<!\w)[bru]?'[^']*'|\"[^\"]*\""), "<text>"),
    (re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.I), "<uuid>"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "<email>"),
    (re.compile(r"\bhttps?://\S+"), "<url>"),
    (re.compile(r"\b0x[0-9a-f]+\b", re.I), "<hex>"),
    (re.compile(r"\d+(?:\.\d+)?"), "<n>"),
    (re.compile(r"\s+"), " "),
)
_MESSAGE_LIMIT = 500


def normalise(message: str) -> str:
    """`message` without what varies from job to job: ids, addresses, quoted values, numbers."""
    text = message[: _MESSAGE_LIMIT * 4]
    for pattern, placeholder in _VARIABLE_PARTS:
        text = pattern.sub(placeholder, text)
    return text.strip()[:_MESSAGE_LIMIT]


def fingerprint(error_type: str, message: str, frame: str = "") -> str:
    """16 hex digits; equal for failures of one kind. `frame` is "file:function" of the innermost own frame."""
    material = "\x1f".join((error_type, normalise(message), frame))
    return hashlib.sha256(material.encode("utf-8", "replace")).hexdigest()[:16]
