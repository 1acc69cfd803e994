import gzip
import zlib
from itertools import chain

import pytest

from jobs.handlers import inflating
from jobs.outcomes import Discard

TEXT = b"the quick brown fox " * 10_000


def pieces(body: bytes, encoding: str, step: int = 100) -> list[bytes]:
    return list(inflating.pieces((body[at : at + step] for at in range(0, len(body), step)), encoding))


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("", TEXT), ("identity", TEXT), (" GZIP ", gzip.compress(TEXT)), ("deflate", zlib.compress(TEXT))],
)
def test_gives_what_was_sent(encoding: str, body: bytes) -> None:
    assert b"".join(pieces(body, encoding)) == TEXT


def test_no_piece_of_a_bomb_is_large() -> None:
    bomb = gzip.compress(bytes(50 * 1024 * 1024))
    longest = max(len(piece) for piece in inflating.pieces([bomb], "gzip"))
    assert longest <= inflating.PIECE


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "zstd", "x" * 1000])
def test_refuses_encodings_that_were_not_asked_for(encoding: str) -> None:
    with pytest.raises(Discard, match="encoding"):
        pieces(b"x", encoding)


def test_refuses_what_is_not_compressed() -> None:
    with pytest.raises(Discard, match="not compressed"):
        pieces(b"plain text", "gzip")


def test_refuses_a_body_that_ends_too_early() -> None:
    with pytest.raises(Discard, match="too early"):
        pieces(gzip.compress(TEXT)[:-20], "gzip")


def test_an_empty_body_needs_no_compression() -> None:
    assert b"".join(pieces(b"", "gzip")) == b""


@pytest.mark.parametrize(("encoding", "body"), [("gzip", gzip.compress(TEXT)), ("deflate", zlib.compress(TEXT))])
def test_what_comes_after_the_end_is_not_even_read(encoding: str, body: bytes) -> None:
    """It would count as nothing, and be kept: without end."""
    rest = (b"x" * 1000 for _ in range(10))
    assert b"".join(inflating.pieces(chain([body, b"x"], rest), encoding)) == TEXT
    assert len(list(rest)) == 10
