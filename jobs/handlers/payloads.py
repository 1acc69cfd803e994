"""Types that several payloads use."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from jobs import durations
from jobs.artifacts import SEGMENT
from jobs.handlers.guarded_http import parse_url

FileId = Annotated[str, Field(pattern=f"^{SEGMENT}$", description="Letters, digits, dot, dash and underscore")]
"""An id that may stand in a storage path: no slash, no leading dot."""

Duration = Annotated[
    float,
    BeforeValidator(durations.parse),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}], "examples": ["30s", "7d"]}),
]
"""Seconds, or text such as "7d"; a handler gets seconds."""


def _check_url(text: str) -> str:
    parse_url(text)
    return text


WebUrl = Annotated[
    str,
    Field(max_length=2048, examples=["https://example.com/"], description="http or https"),
    AfterValidator(_check_url),
]
"""An address without credentials; whether its host is allowed is judged when it is connected to."""
