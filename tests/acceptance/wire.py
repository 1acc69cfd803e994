"""What servers and their clients say to each other, as far as `proxy` must understand it. Pure."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

Prepared = dict[bytes, bytes]


@dataclass(frozen=True)
class Protocol:
    """How a server speaks: what a request asks for (given what was prepared), and whether an answer is whole."""

    meaning: Callable[[bytes, Prepared], bytes]
    is_whole: Callable[[bytes], bool]


def _postgres_meaning(request: bytes, prepared: Prepared) -> bytes:
    """The SQL with its parameters; nothing for a request that only prepares a statement for later."""
    if request[:1] == b"P" and request[5:6] != b"\0":
        name, _, rest = request[5:].partition(b"\0")
        prepared[name] = rest.partition(b"\0")[0]
        return b""
    if request[:1] == b"B" and request[5:6] == b"\0":
        return prepared.get(request[6:].partition(b"\0")[0], b"") + request
    return request


_READY = b"Z" + struct.pack(">i", 5)
# PostgreSQL is done when it is ready for the next query: rows may come before their commit.
POSTGRES = Protocol(_postgres_meaning, lambda answer: answer[-6:-1] == _READY)
REDIS = Protocol(lambda request, _: request, lambda answer: answer.endswith(b"\r\n"))
