"""Clients that cost little beside what they measure: keep-alive connections, no more HTTP than there must be.

A process of its own: `python -m benchmarks.web.client SOCKET CLIENTS`, the requests as JSON on stdin.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator

_LENGTH = re.compile(rb"content-length: *(\d+)", re.I)


async def measure(socket: str, clients: int, requests: list[bytes]) -> float:
    """Requests per second, each answered by a 2xx; a client sends its next when the answer is there."""
    waiting = iter(requests)
    began = time.perf_counter()
    await asyncio.gather(*[_client(socket, waiting) for _ in range(clients)])
    return len(requests) / (time.perf_counter() - began)


async def _client(socket: str, requests: Iterator[bytes]) -> None:
    reader, writer = await asyncio.open_unix_connection(socket)
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        if head[9:10] != b"2":
            raise RuntimeError(f"{head.decode()}{body.decode()}")
    writer.close()


def encoded(method: str, path: str, token: str, body: object = None) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept: */*", f"Authorization: Bearer {token}"]
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


if __name__ == "__main__":
    given = [request.encode() for request in json.load(sys.stdin)]
    print(json.dumps(asyncio.run(measure(sys.argv[1], int(sys.argv[2]), given))))
