"""The name of the request that is answered now, for log lines and for people who report an error. Pure."""

import re
from contextvars import ContextVar
from uuid import uuid4

current: ContextVar[str] = ContextVar("flowbit_request_id", default="")
"""Empty outside of requests."""
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/=@-]{0,127}")


def chosen(given: str | None) -> str:
    """What a caller sent, where it is fit to be written into logs and headers; else a new one."""
    return given if given and _SANE.fullmatch(given) else uuid4().hex
