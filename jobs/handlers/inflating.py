"""Undo the Content-Encoding of a body piece by piece, so that a small answer can never fill the memory. Pure.

HTTP libraries inflate a whole chunk at once, a thousandfold at worst, and nested encodings multiply; here no
piece is longer than `PIECE`, so whoever counts them can stop in time.
"""

import zlib
from collections.abc import Iterable, Iterator

from jobs.outcomes import Discard

PIECE = 64 * 1024
_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}


def pieces(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The decoded body. Raises Discard: an encoding that was not asked for, or a body that is not in it."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from chunks
    elif encoding in _WINDOW:
        yield from _inflate(chunks, _WINDOW[encoding])
    else:
        raise Discard(f"the answer has the encoding {encoding[:50]!r}")


def _inflate(chunks: Iterable[bytes], window: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(window)
    empty = True
    try:
        for chunk in chunks:
            empty = False
            while chunk:
                yield inflater.decompress(chunk, PIECE)
                chunk = inflater.unconsumed_tail
            if inflater.eof:  # what comes after the end would be gathered, and nobody would count it
                return
        yield inflater.flush()
    except zlib.error:
        raise Discard("the answer is not compressed as it says") from None
    if not (inflater.eof or empty):
        raise Discard("the compressed answer ends too early")
