"""A request as a person would type it in a terminal. Pure."""

import json
import shlex
from collections.abc import Mapping
from typing import Any


def as_curl(url: str, body: Mapping[str, Any]) -> str:
    """With a token of one's own from the environment."""
    return (
        f"curl {shlex.quote(url)} \\\n"
        '  -H "Authorization: Bearer $FLOWBIT_TOKEN" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d {shlex.quote(_dumped(body))}"
    )


def _dumped(body: Mapping[str, Any]) -> str:
    """Escaped where it holds what is not shown as it is: marks of right-to-left text, control characters."""
    try:
        text = json.dumps(body, ensure_ascii=False)
        return text if text.isprintable() else json.dumps(body)
    except RecursionError:
        return "(nested too deeply)"
