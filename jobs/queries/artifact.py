"""The file that a job left behind."""

from jobs.models import Job
from jobs.registry import registry


def left(job: Job) -> str | None:
    """The file that the result names, where its handler declares to leave one: others may repeat what a client sent."""
    definition = registry.find(job.type)
    if definition is None or definition.artifact is None or not isinstance(job.result, dict):
        return None
    path = job.result.get(definition.artifact)
    return path if isinstance(path, str) else None


def has_artifact(job: Job) -> bool:
    """Whether there is something to fetch."""
    return bool(job.artifact) or left(job) is not None
