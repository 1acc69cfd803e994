"""JSON bodies, bounded, and as strict as what is stored."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from jobs.errors import TooLarge

MAX_BODY = 1024 * 1024


class JsonParser(BaseParser):
    """An `application/json` body of at most 1 MiB. Django's own limit does not reach what is read here."""

    media_type = "application/json"
    max_body = MAX_BODY

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Raises TooLarge, ParseError."""
        body = stream.read(self.max_body + 1)
        if len(body) > self.max_body:
            raise TooLarge(f"the request is larger than {self.max_body // 1024} KiB")
        try:
            return json.loads(body.decode(), parse_constant=_refuse)
        except RecursionError:
            raise ParseError("the body is nested too deep") from None
        except ValueError as error:  # of decoding, of JSON, and of integers with thousands of digits
            raise ParseError(f"the body is not JSON: {str(error)[:200]}") from None


class BatchParser(JsonParser):
    """The same, of at most 32 MiB."""

    max_body = 32 * 1024 * 1024


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
