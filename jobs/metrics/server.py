"""`/metrics` and `/healthz` of a process that serves no other HTTP: on a thread of its own, for scrapers and probes."""

import json
import logging
import socket
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Protocol

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from jobs.metrics.formats import accepted

logger = logging.getLogger(__name__)
_PATIENCE = 5.0
"""Seconds that a client has for its request, and for reading the answer."""
_MOST_CLIENTS = 16
"""At the same time; further ones are hung up on."""


class NoPort(Exception):
    """The sentence is for a person, and names the setting."""


class Report(Protocol):
    """What a process tells of itself. Asked by threads; it asks no server."""

    def families(self) -> Iterable[Metric]: ...

    def problem(self, now: float) -> str:
        """Why it is not well at this monotonic instant, in a few words for everybody; empty when it is."""
        ...


@contextmanager
def serving(report: Report, host: str, port: int | None) -> Iterator[None]:
    """Answers as long as it is entered; without a port it does nothing. Raises NoPort."""
    if not port:
        yield
        return
    server = Server(host, port, report)
    server.start()
    try:
        yield
    finally:
        server.stop()


class Server:
    """Listens from when it is made, at any free port for 0, and answers from `start` to `stop`. Raises NoPort."""

    def __init__(self, host: str, port: int, report: Report) -> None:
        try:
            self._listener = _Listener(host, port, report)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise NoPort(
                f"METRICS_PORT: {host}:{port} cannot be used ({why}). Each worker and scheduler on a machine "
                "needs a port of its own (METRICS_PORT or --metrics-port); METRICS_HOST is the address it listens on."
            ) from None
        self.port = int(self._listener.server_address[1])
        self._thread = threading.Thread(target=self._listener.serve_forever, name="metrics", daemon=True)

    def start(self) -> None:
        self._thread.start()
        logger.info("/metrics and /healthz at port %d", self.port)

    def stop(self) -> None:
        self._listener.shutdown()
        self._listener.server_close()


class _Page(Collector):
    def __init__(self, report: Report) -> None:
        self._report = report

    def collect(self) -> Iterator[Metric]:
        yield from self._report.families()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, report: Report) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.report = report
        self.page = _Page(report)
        self._room = threading.BoundedSemaphore(_MOST_CLIENTS)
        super().__init__((host, port), _Answer)

    def server_bind(self) -> None:
        """Without the look into the DNS that HTTPServer takes for its own name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):  # that is a client who has gone
            logger.error("a request to the metrics port failed", exc_info=error)


class _Answer(BaseHTTPRequestHandler):
    timeout = _PATIENCE
    server: _Listener

    def version_string(self) -> str:
        return "flowbit"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            content_type, encode = accepted(self.headers.get("Accept", ""))
            self._send(HTTPStatus.OK, content_type, encode(self.server.page))
        elif path == "/healthz":
            self._send_health(self.server.report.problem(time.monotonic()))
        else:
            self._send_json(HTTPStatus.NOT_FOUND, {"error": "there is no such address", "code": "not_found"})

    do_HEAD = do_GET

    def _send_health(self, problem: str) -> None:
        if problem:
            self._send_json(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "down", "problem": problem})
        else:
            self._send_json(HTTPStatus.OK, {"status": "ok"})

    def _send_json(self, status: HTTPStatus, body: dict[str, str]) -> None:
        self._send(status, "application/json", json.dumps(body).encode())

    def _send(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
        except OSError:  # whoever asked has gone, or reads too slowly
            self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:
        """Probes come every few seconds: nobody wants to read of each."""
