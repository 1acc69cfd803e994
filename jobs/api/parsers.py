"""JSON bodies, bounded, and as strict as what is stored."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from jobs.errors import Invalid, TooLarge
from jobs.filters import fields

MAX_BODY = 1024 * 1024
MOST_VALUES = 1_000_000
"""In one batch: 32 MiB of empty lists would take a gibibyte of memory."""
_PIECE = 1024 * 1024


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
        """Raises TooLarge, ParseError; Invalid for a name that comes twice in one object."""
        body = stream.read(self.max_body + 1)
        if len(body) > self.max_body:
            raise TooLarge(f"the request is larger than {self.max_body // 1024} KiB")
        self.check(body)
        return self._parsed(body)

    def check(self, body: bytes) -> None:
        """Raises TooLarge: what is left to say against a body of that size, before it is read."""

    @staticmethod
    def _parsed(body: bytes) -> Any:
        try:
            return json.loads(body.decode(), parse_constant=_refuse, object_pairs_hook=_object)
        except RecursionError:
            raise ParseError("the body is nested too deep") from None
        except ValueError as error:  # of decoding, of JSON, and of integers with thousands of digits
            raise ParseError(f"the body is not JSON: {str(error)[:200]}") from None


class BatchParser(JsonParser):
    """The same, of at most 32 MiB."""

    max_body = 32 * 1024 * 1024

    def check(self, body: bytes) -> None:
        if _values(body) > MOST_VALUES and sum(map(_values, _outside_of_texts(body))) > MOST_VALUES:
            raise TooLarge(f"the request holds more than {MOST_VALUES} values")


def _values(json_text: bytes) -> int:
    """How many values it has at most."""
    return json_text.count(b",") + json_text.count(b"[") + json_text.count(b"{")


def _outside_of_texts(body: bytes) -> Iterator[bytes]:
    """All but what stands between quotes, piece by piece: as a whole it would cost what it is to prevent."""
    plain = body.replace(rb"\\", b"").replace(rb"\"", b"")
    within = False
    for start in range(0, len(plain), _PIECE):
        parts = plain[start : start + _PIECE].split(b'"')
        yield b"".join(parts[within::2])
        within ^= len(parts) % 2 == 0


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values under one name nobody knows which was meant. Raises Invalid."""
    made = dict(pairs)
    if len(made) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise Invalid.field(fields.shown(twice), "is given twice")
    return made


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
