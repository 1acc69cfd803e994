"""What an audit row keeps of changed fields. Pure.

Payloads are kept whole while they are small; the others by their size and hash, so that one verb on many jobs
cannot write gigabytes. Who may see them is `access.redacted`'s affair.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from jobs import jsontext
from jobs.store.hold import HeldJob

MAX_PAYLOAD = 4096


def before(job: HeldJob, changed: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `job` that are about to be replaced."""
    return {name: _shown(name, getattr(job, name)) for name in changed}


def after(changed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _shown(name, value) for name, value in changed.items()}


def _shown(name: str, value: Any) -> Any:
    if name == "run_at":
        return value.isoformat()
    if name != "payload" or value is None:
        return value
    if len(value) <= MAX_PAYLOAD:
        return jsontext.decode(value)
    return {"characters": len(value), "sha256": hashlib.sha256(value.encode()).hexdigest()}
