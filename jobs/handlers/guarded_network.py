"""The connections under `guarded_http`: to checked addresses only, and never past a deadline.

The check is made where the connection is: the host is resolved once, its addresses are judged, and one of
exactly those is connected to. A second look-up, which could answer otherwise (DNS rebinding), never happens;
Host header, SNI and the check of the certificate keep the name.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillWaiting
from typing import Any

import httpcore

from jobs.handlers.addresses import is_public
from jobs.outcomes import Discard

SLICE = 0.25
"""Seconds of the longest blocking call: a job that is asked to stop notices between two of them."""

WRITE_SIZE = 64 * 1024


class Deadline:
    """One point in time for a whole exchange, however many steps it takes."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, at_most: float | None = None) -> float:
        """Seconds until then. Raises httpcore.ReadTimeout when none are left."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return seconds if at_most is None else min(seconds, at_most)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects TCP streams for httpcore."""

    def __init__(self, deadline: Deadline, *, allow_private: bool) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Raises Discard when any address of `host` is not public: a mixed answer is a trick or a mistake."""
        addresses = _resolve(host, port, self._deadline)
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise Discard(f"{host[:200]} is at an address that is not public")
        problem: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses:
            seconds = self._deadline.left(timeout)
            try:
                stream = self._plain.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
            else:
                return GuardedStream(stream, self._deadline)
        raise problem


class GuardedStream(httpcore.NetworkStream):
    """A connection whose every step heeds the deadline, and waits in slices."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        silent_until = time.monotonic() + self._deadline.left(timeout)
        while True:
            try:
                return self._stream.read(max_bytes, self._deadline.left(SLICE))
            except httpcore.ReadTimeout:
                if time.monotonic() >= silent_until:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), WRITE_SIZE):
            self._stream.write(buffer[start : start + WRITE_SIZE], self._deadline.left(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return GuardedStream(stream, self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _resolve(host: str, port: int, deadline: Deadline) -> list[str]:
    """Every address of `host`. The resolver can take half a minute and heeds no time-out, so it is asked in a
    thread of its own, which is left behind when it is too slow."""
    answer: Future[list[str]] = Future()
    threading.Thread(target=_look_up, args=(answer, host, port), name="dns", daemon=True).start()
    while True:
        try:
            return answer.result(deadline.left(SLICE))
        except StillWaiting:
            continue


def _look_up(answer: Future[list[str]], host: str, port: int) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        answer.set_exception(httpcore.ConnectError("the name cannot be resolved"))
    except ValueError:  # UnicodeError: a label too long, or not IDNA at all
        answer.set_exception(Discard(f"{host[:200]!r} is not a host name"))
    else:
        answer.set_result(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
