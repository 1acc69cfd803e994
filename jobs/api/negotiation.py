"""What an answer is written in: by the `Accept` header, or by `?format=json`."""

from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation


class Negotiation(DefaultContentNegotiation):
    """A format that is not to be had is a 406, as a media type is; REST framework says that the address is unknown."""

    def filter_renderers(self, renderers: Iterable[Any], format: str) -> list[Any]:
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            raise NotAcceptable
        return found
