"""Jobs with hostile text wherever text may come from outside."""

from typing import Any
from uuid import UUID

from jobs import jsontext, services
from jobs.services import steer
from jobs.services.audit import Actor
from jobs.services.steer import Changes
from tests.jobs import scenes

SCRIPT = "<script>alert(1)</script>"
MARK = "\u202e"
TEXT = f"{SCRIPT}{{{{ 7|add:7 }}}}{{% load log %}}{MARK}"


def deep(levels: int = 150) -> Any:
    value: Any = TEXT
    for _ in range(levels):
        value = {SCRIPT: value}
    return value


def hostile_jobs() -> list[UUID]:
    """One that failed, one that is blocked by it, one that runs."""
    payload = {TEXT: TEXT, "items": [TEXT], "deep": deep(), "odd": "\x1b[31m\ufffe", "long": "x" * 200_000}
    failed = scenes.running(payload=payload, idempotency_key=SCRIPT)
    frame = {"file": TEXT, "line": 1, "function": TEXT, "code": TEXT, "locals": {"items": TEXT, TEXT: "1"}}
    fields = {"traceback": jsontext.encode([frame, {}]), "logs": jsontext.encode([[0.1, TEXT, TEXT]])}
    scenes.fail(failed, 1, TEXT, error_type=SCRIPT, **fields)
    blocked = services.enqueue("test.anything", payload, dependencies=[scenes.queued()]).id
    steer.edit([blocked], Actor(1, TEXT, SCRIPT), Changes(payload={TEXT: TEXT}), TEXT)
    done = scenes.succeeded(result=jsontext.encode(payload))
    return [failed, blocked, done]
