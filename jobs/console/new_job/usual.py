"""What stands around a payload where nothing is said, and what stood around that of another job."""

from jobs import durations
from jobs.conf import options
from jobs.models import Job
from jobs.registry import Definition
from jobs.retry import RetryPolicy

PRIORITY = 5


def hints(definition: Definition) -> dict[str, str]:
    """What a job of this type has where nothing is said."""
    conf = options()
    retry = _retry(definition)
    return {
        "queue": definition.queue,
        "priority": str(PRIORITY),
        "timeout": durations.format(definition.timeout or conf.default_timeout),
        "max_attempts": str(definition.max_attempts or conf.default_max_attempts),
        "dedupe_window": durations.format(conf.dedupe_window),
        "schema_version": str(definition.schema_version),
        "retry_policy.initial_delay": durations.format(retry.initial_delay),
        "retry_policy.factor": f"{retry.factor:g}",
        "retry_policy.max_delay": durations.format(retry.max_delay),
        "retry_policy.jitter": f"{retry.jitter:g}",
    }


def of_job(job: Job, definition: Definition) -> dict[str, str]:
    """What the inputs show for a job like `job`, where it was not as usual. Its key and its times are its own."""
    retry = {f"retry_policy.{name}": _text(name, value) for name, value in (job.retry_policy or {}).items()}
    found = {
        **retry,
        "queue": job.queue,
        "tenant_id": job.tenant_id,
        "priority": str(job.priority),
        "timeout": durations.format(job.timeout),
        "max_attempts": str(job.max_attempts),
        "tags": " ".join(job.tags),
    }
    known = {**hints(definition), "retry_policy.policy": _retry(definition).policy}
    return {name: text for name, text in found.items() if text and text != known.get(name)}


def _retry(definition: Definition) -> RetryPolicy:
    return definition.retry or options().default_retry


def _text(name: str, value: float | str) -> str:
    if isinstance(value, str):
        return value
    return durations.format(value) if name.endswith("_delay") else f"{value:g}"
