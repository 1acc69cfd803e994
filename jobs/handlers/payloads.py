"""Types that several payloads use."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from jobs import durations
from jobs.handlers.guarded_http import parse_url

_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"

FileId = Annotated[str, Field(pattern=_ID, description="Letters, digits, dot, dash and underscore")]
"""An id that may stand in a storage path: no slash, no leading dot."""

Duration = Annotated[
    float,
    BeforeValidator(durations.parse),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}], "examples": ["30s", "7d"]}),
]
"""Seconds, or text such as "7d"; a handler gets seconds."""


def is_id(text: str) -> bool:
    return re.fullmatch(_ID[1:-1], text) is not None


def _check_url(text: str) -> str:
    parse_url(text)
    return text


WebUrl = Annotated[
    str,
    Field(max_length=2048, examples=["https://example.com/"], description="http or https"),
    AfterValidator(_check_url),
]
"""An address without credentials; whether its host is allowed is judged when it is connected to."""
