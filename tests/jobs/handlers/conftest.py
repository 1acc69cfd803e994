"""A real HTTP server, a real artifact folder, and a way to run a handler as a worker does."""

import dataclasses
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any

import pytest

from jobs import jsontext
from jobs.context import Context
from jobs.handler import Handler
from jobs.ids import uuid7


@dataclass
class Answer:
    """What the server says at one path. A callable body writes by itself, to the handler it is given."""

    status: int = 200
    body: bytes | Callable[[BaseHTTPRequestHandler], None] = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Server:
    """Set `answers[path]`, read `asked`."""

    def __init__(self, real: HTTPServer) -> None:
        self._real = real
        self._scheme = "http"
        self.answers: dict[str, Answer] = {}
        self.asked: list[Asked] = []

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self._real.server_port}{path}"

    def use_tls(self, context: ssl.SSLContext) -> None:
        self._scheme = "https"
        self._real.socket = context.wrap_socket(self._real.socket, server_side=True)


@pytest.fixture
def server() -> Iterator[Server]:
    class Talk(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            known.asked.append(Asked(self.command, self.path, dict(self.headers), self.rfile.read(length)))
            answer = known.answers.get(self.path.partition("?")[0], Answer(404, b"secret upstream body"))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if isinstance(answer.body, bytes):
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            try:
                self.wfile.write(answer.body) if isinstance(answer.body, bytes) else answer.body(self)
            except OSError:  # the client has heard enough
                self.close_connection = True

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server wants

        def log_message(self, *args: object) -> None: ...

    real = ThreadingHTTPServer(("127.0.0.1", 0), Talk)
    known = Server(real)
    thread = threading.Thread(target=real.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield known
    real.shutdown()
    real.server_close()
    thread.join()


@pytest.fixture
def set_options(settings: Any) -> Callable[..., None]:
    def change(**options: Any) -> None:
        settings.FLOWBIT = dataclasses.replace(settings.FLOWBIT, **options)

    return change


@pytest.fixture
def private_allowed(set_options: Callable[..., None]) -> None:
    """The local server may be reached."""
    set_options(allow_private_addresses=True)


Run = Callable[..., Any]


@pytest.fixture
def run() -> Run:
    """Call a handler the way a worker does: from a payload that was validated and stored as JSON."""

    def perform(handler: Handler, payload: Mapping[str, Any], ctx: Context | None = None) -> Any:
        definition = handler.definition
        stored, _ = definition.validate(payload)
        arguments = definition.arguments(jsontext.encode(stored))
        result = definition.function(ctx or context(handler.type), **arguments)
        return jsontext.decode(jsontext.encode(result, "result"))

    return perform


def context(type: str = "echo", **changes: Any) -> Context:
    return Context(**{"job_id": uuid7(), "attempt": 1, "type": type, **changes})


@pytest.fixture
def make_context() -> Callable[..., Context]:
    return context
