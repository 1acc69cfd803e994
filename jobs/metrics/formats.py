"""The two formats of a page, and which of them a client reads. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector


class Format(NamedTuple):
    content_type: str
    encode: Callable[[Collector], bytes]


TEXT = Format(CONTENT_TYPE_PLAIN_0_0_4, generate_latest)
OPENMETRICS = Format(openmetrics.CONTENT_TYPE_LATEST, openmetrics.generate_latest)
_OPENMETRICS_VERSIONS = ("", "1.0.0")


def accepted(header: str) -> Format:
    """By an Accept header. The library's own choice would repeat whatever version a client makes up."""
    for part in header.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        told = dict(parameter.partition("=")[::2] for parameter in parameters)
        if media == "application/openmetrics-text" and told.get("version", "") in _OPENMETRICS_VERSIONS:
            return OPENMETRICS
    return TEXT
