"""How a handler is declared, and submitted by a Python call.

@handler("email.send", queue="critical", timeout="30s", max_attempts=5)
def send_email(ctx, recipient: EmailStr, subject: str = "") -> dict: ...

send_email.enqueue(recipient="ops@example.com")
send_email.using(delay="5m", priority=9).enqueue(recipient="ops@example.com")
send_email("a call in place", ...)          # an ordinary function still
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs import durations, services
from jobs.conf import options
from jobs.registry import Definition, payload_model, registry, secrets
from jobs.retry import from_json


@dataclass(frozen=True, slots=True)
class Handler:
    """A declared handler: the function, what is registered of it, and options for the jobs it submits."""

    definition: Definition
    options: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self.definition.function(*args, **kwargs)

    @property
    def type(self) -> str:
        return self.definition.type

    def using(self, /, **options: Any) -> "Handler":
        """The same handler with options of `services.enqueue` set (queue, priority, delay, dependencies, ...)."""
        return Handler(self.definition, {**self.options, **options})

    def enqueue(self, /, **payload: Any) -> "services.Submission":
        """Submit one job. Raises what `services.enqueue` raises."""
        return services.enqueue(self.type, payload, **self.options)

    def enqueue_many(self, payloads: Iterable[Mapping[str, Any]]) -> "list[services.Submission]":
        """Submit a job for each payload, all or none."""
        return services.enqueue_many(
            [services.JobRequest(type=self.type, payload=payload, **self.options) for payload in payloads]
        )


def handler(
    type: str,
    *,
    aliases: Iterable[str] = (),
    queue: str = "default",
    timeout: float | str | None = None,
    max_attempts: int | None = None,
    retry: Mapping[str, Any] | None = None,
    schema_version: int = 1,
    sensitive: Iterable[str] = (),
    permission: str | None = None,
    surveys: bool = False,
    artifact: str | None = None,
) -> Callable[[Callable[..., Any]], Handler]:
    """Register a function, sync or async, as the handler of `type`.

    Args:
        timeout: seconds or "30s"; None is the project's default.
        max_attempts: tries in all, the first included.
        retry: `{"policy": "exponential", "initial_delay": "5s", ...}`, what is left out as in the project's.
        sensitive: names of payload fields that tracebacks must not show, beside those of a Secret type.
        permission: what a person must hold, beside submitting, to ask for this type; code may always.
        surveys: it tells of all jobs that its owner sees; so a key that sees fewer may not ask for it.
        artifact: field of the result that names the file which the handler stored: who sees the job may fetch it.
    """

    def declare(function: Callable[..., Any]) -> Handler:
        model, takes_context, accepts_any = payload_model(type, function)
        definition = Definition(
            type=type,
            function=function,
            model=model,
            takes_context=takes_context,
            is_async=inspect.iscoroutinefunction(function),
            accepts_any=accepts_any,
            aliases=tuple(aliases),
            queue=queue,
            timeout=None if timeout is None else durations.parse(timeout),
            max_attempts=max_attempts,
            retry=from_json(retry, options().default_retry) if retry else None,
            schema_version=schema_version,
            summary=(inspect.getdoc(function) or "").partition("\n")[0],
            sensitive=secrets(model).union(sensitive),
            permission=permission,
            surveys=surveys,
            artifact=artifact,
        )
        registry.add(definition)
        return Handler(definition)

    return declare
