"""A local server that answers as Gemini or an OpenAI-compatible server would: what a test scripts, in order."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """`body` as JSON or raw bytes; with `hang` nothing is sent until the server ends."""

    body: Any = None
    status: int = 200
    hang: bool = False
    encoding: str = "identity"


@dataclass
class Script:
    """Replies by model name (or by `*`), and the requests that came."""

    replies: dict[str, Reply]
    asked: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    ended: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serve(script: Script) -> Iterator[Script]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            model = body.get("model") or self.path.rpartition("/")[2].partition(":")[0]
            script.asked.append(model)
            script.bodies.append(body)
            script.headers.append({name.lower(): value for name, value in self.headers.items()})
            reply = script.replies.get(model, script.replies.get("*", Reply(status=404)))
            if reply.hang:
                script.ended.wait(60)
                return
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Encoding", reply.encoding)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        script.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def gemini(text: str | None) -> Reply:
    """An answer of Gemini with this text; None is a candidate without any."""
    parts = [] if text is None else [{"text": text}]
    content = {"role": "model", "parts": parts}
    usage = {"promptTokenCount": 120, "candidatesTokenCount": 17, "totalTokenCount": 137}
    return Reply({"candidates": [{"content": content, "finishReason": "STOP"}], "usageMetadata": usage})


def gemini_error(status: int, message: str = "the key AIza-secret is at fault") -> Reply:
    return Reply({"error": {"code": status, "message": message, "status": "SOMETHING"}}, status)


def openai(text: str) -> Reply:
    usage = {"prompt_tokens": 90, "completion_tokens": 12}
    return Reply({"choices": [{"message": {"role": "assistant", "content": text}}], "usage": usage})


def job(category: str, payload: dict[str, Any], confidence: float = 0.9) -> str:
    """The answer that the schema asks for."""
    return json.dumps({"job": {"category": category, "payload": payload}, "confidence": confidence})
