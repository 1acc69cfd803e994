"""What a job may be: every field around the payload checked, in one place, without I/O.

`check` turns a request and its handler's definition into complete values, or says which fields are wrong.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from jobs import durations, jsontext
from jobs.conf import Options
from jobs.errors import Invalid
from jobs.ids import uuid7
from jobs.registry import Definition
from jobs.retry import RetryPolicy, from_json
from jobs.states import DependencyPolicy

Item = TypeVar("Item")
QUEUE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}\Z")
_KEY = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}\Z")
MAX_TAGS = 20
MOST_REFUSED = 100
MAX_ATTEMPTS = 1000
MAX_TIMEOUT = 7 * 86_400.0
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DependsOn:
    """One job to wait for. `label` names its result for the handler; `policy` None takes the job's own."""

    job_id: UUID
    label: str = ""
    policy: str | None = None


@dataclass(slots=True, kw_only=True)
class JobRequest:
    """A job as somebody asks for it; None means the handler's or the project's default.

    Durations are seconds or "30s". `dependencies` are job ids, other requests of the same batch, or `DependsOn`.
    """

    type: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=uuid7)
    queue: str | None = None
    tenant_id: str = ""
    owner_id: int | None = None
    priority: int = 5
    delay: float | str | None = None
    run_at: datetime | None = None
    timeout: float | str | None = None
    max_attempts: int | None = None
    retry_policy: Mapping[str, Any] | RetryPolicy | None = None
    idempotency_key: str | None = None
    dedupe_window: float | str | None = None
    expires_in: float | str | None = None
    schema_version: int | None = None
    dependencies: Sequence["UUID | JobRequest | DependsOn"] = ()
    dependency_policy: str | None = None
    parent_job_id: UUID | None = None
    workflow_id: UUID | None = None
    step: str | None = None
    tags: Sequence[str] = ()
    backend_data: Mapping[str, Any] | None = None


class Problems:
    """Collects what is wrong, by field, so that one answer names everything."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def add(self, name: str, problem: str) -> None:
        self.found.setdefault(name, []).append(problem)

    def take(self, name: str, check: Callable[..., Any], *values: Any) -> Any:
        """What `check` makes of the values; a ValueError of it becomes a problem of field `name`."""
        try:
            return check(*values)
        except ValueError as error:
            self.add(name, str(error))
            return None

    def raise_any(self) -> None:
        if self.found:
            name, messages = next(iter(self.found.items()))
            raise Invalid(f"{name}: {messages[0]}", self.found)


class Refused:
    """Collects what is wrong with the items of a batch: all fields of the first `MOST_REFUSED` refused items."""

    def __init__(self) -> None:
        self._found: dict[int, Invalid] = {}
        self._more = 0

    def add(self, number: int, error: Invalid) -> None:
        if number in self._found or len(self._found) < MOST_REFUSED:
            self._found.setdefault(number, error)
        else:
            self._more += 1

    def take(self, number: int, check: Callable[[], Item]) -> Item | None:
        """What `check` makes of item `number`; an Invalid of it is collected."""
        try:
            return check()
        except Invalid as error:
            self.add(number, error)
            return None

    def raise_any(self) -> None:
        """Raises Invalid, fields named `jobs[3].payload.recipient`; of the kind of the first refusal."""
        if not self._found:
            return
        number, first = next(iter(self._found.items()))
        others = len(self._found) - 1 + self._more
        named = f"jobs[{number}].{first.message}" if first.details else f"jobs[{number}]: {first.message}"
        message = named + (f" (and {others} more jobs are refused)" if others else "")
        details = {name: told for place, one in self._found.items() for name, told in _named(f"jobs[{place}]", one)}
        raise type(first)(message, details) from None


def _named(place: str, error: Invalid) -> Iterable[tuple[str, list[str]]]:
    if not error.details:
        return [(place, [error.message])]
    return [(f"{place}.{name}", told) for name, told in error.details.items()]


def check_queue(name: Any) -> str:
    """A queue's name as it may be. Raises ValueError."""
    if not isinstance(name, str) or not QUEUE_NAME.match(name):
        raise ValueError("must be 1 to 64 of a-z 0-9 . _ - and begin with a letter or digit")
    return name


def check_priority(value: Any) -> int:
    """Raises ValueError unless a whole number from 0 to 10."""
    return _whole(value, 0, 10)


def check_payload(definition: Definition, payload: Any, conf: Options) -> tuple[str, list[str]]:
    """The payload as JSON text, validated by the handler's schema, and warnings.

    Raises:
        Invalid: it does not fit, is too large, or cannot be kept as JSON.
    """
    if type(payload) is not dict and not isinstance(payload, Mapping):
        raise Invalid.field("payload", "must be an object")
    try:
        text = jsontext.encode(payload)
        stored, warnings = definition.validate(payload)
        if stored != payload:  # else the text is right as it is
            text = jsontext.encode(stored)
    except jsontext.NotJson as error:
        raise Invalid.field(error.path[:200], error.problem) from None
    if len(text) > conf.max_payload:
        raise Invalid.field("payload", f"is larger than {conf.max_payload // 1024} KiB")
    return text, warnings


def check_retry_policy(values: Any, definition: Definition, conf: Options) -> str | None:
    """The policy as JSON text; None for the default. Raises ValueError."""
    if values is None:
        return None if definition.retry is None else jsontext.encode(definition.retry.as_json())
    if isinstance(values, RetryPolicy):
        return jsontext.encode(values.as_json())
    if not isinstance(values, Mapping):
        raise ValueError("must be an object")
    return jsontext.encode(from_json(values, definition.retry or conf.default_retry).as_json())


def check_timeout(value: Any, definition: Definition, conf: Options) -> float:
    """Seconds. Raises ValueError."""
    chosen = value if value is not None else definition.timeout
    seconds = durations.parse(conf.default_timeout if chosen is None else chosen)
    if not 0 < seconds <= MAX_TIMEOUT:
        raise ValueError(f"must be more than 0 and at most {durations.format(MAX_TIMEOUT)}")
    return seconds


def check_tags(tags: Any) -> str:
    """Tags as a PostgreSQL array literal. Raises ValueError."""
    if isinstance(tags, str) or not isinstance(tags, Sequence) or len(tags) > MAX_TAGS:
        raise ValueError(f"must be a list of at most {MAX_TAGS} words")
    for tag in tags:
        check_name(tag)
    return "{" + ",".join(f'"{tag}"' for tag in tags) + "}"


def check_name(value: Any) -> str:
    """A tenant, tag, step or label. Raises ValueError."""
    if not isinstance(value, str) or not _NAME.match(value):
        raise ValueError("must be 1 to 128 of A-Z a-z 0-9 . _ : @ / - and begin with a letter or digit")
    return value


def check_key(value: Any) -> str:
    """An idempotency key. Raises ValueError."""
    if not isinstance(value, str) or not _KEY.match(value):
        raise ValueError("must be 1 to 255 printable ASCII characters")
    return value


def check_max_attempts(value: Any, definition: Definition, conf: Options) -> int:
    """Raises ValueError."""
    chosen = value if value is not None else definition.max_attempts
    return _whole(conf.default_max_attempts if chosen is None else chosen, 1, MAX_ATTEMPTS)


def check_schema_version(value: Any, definition: Definition) -> int:
    """Raises ValueError."""
    if value is not None and (isinstance(value, bool) or value != definition.schema_version):
        raise ValueError(f"{definition.type} has schema version {definition.schema_version}")
    return definition.schema_version


def check_run_at(value: Any) -> datetime:
    """Raises ValueError."""
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise ValueError("must be a time with its zone")
    # PostgreSQL keeps times that Python could not read back, and lanes have no place for those after 2109.
    if not _EARLIEST <= value <= _LATEST:
        raise ValueError("must be between the years 2000 and 2100")
    return value


def check_policy(value: Any) -> str:
    """Raises ValueError."""
    if value not in list(DependencyPolicy):
        raise ValueError(f"must be one of {', '.join(DependencyPolicy)}")
    return str(value)


def _whole(value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"must be a whole number from {low} to {high}")
    return value
