"""A submit as clients send it -> `JobRequest`. What the values may be is checked in `jobs.envelope`."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from jobs.api import fields
from jobs.conf import options
from jobs.envelope import MAX_ATTEMPTS, DependsOn, JobRequest, Problems, check_run_at
from jobs.errors import Invalid
from jobs.services import access
from jobs.services.access import AnyUser

LATER = {"cron", "timezone"}
_AS_IT_IS = {
    "payload",
    "priority",
    "delay",
    "timeout",
    "max_attempts",
    "idempotency_key",
    "dedupe_window",
    "expires_in",
    "schema_version",
    "dependency_policy",
    "tags",
}
_NAMES = (
    _AS_IT_IS
    | LATER
    | {
        "type",
        "queue",
        "tenant_id",
        "scheduled_at",
        "max_retries",
        "retry_policy",
        "dependencies",
        "parent_job_id",
        "workflow_id",
    }
)
_POLICY = {"policy", "initial_delay", "factor", "max_delay", "jitter"}
_EDGE = {"id", "job_id", "label", "policy"}


def job_request(data: Any, user: AnyUser) -> JobRequest:
    """The job that `user` asks for.

    Raises:
        Invalid: `details` names every field that is unknown or has no proper form.
    """
    if not isinstance(data, Mapping):
        raise Invalid("the body must be an object")
    problems = Problems()
    given = fields.known(data, _NAMES, problems)
    for name in sorted(LATER & set(given)):
        problems.add(name, "schedules are not supported yet")
    values: dict[str, Any] = {name: given[name] for name in _AS_IT_IS & set(given)}
    values["type"] = problems.take("type", partial(_required, given.get("type")))
    values |= _converted(given, problems)
    problems.raise_any()
    _check_references(values, user)
    return JobRequest(owner_id=user.pk, **values)


def _required(value: Any) -> str:
    if value is None:
        raise ValueError("is required")
    return fields.text(value)


def _converted(given: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """Fields that have another form or name in a `JobRequest`."""
    values: dict[str, Any] = {}
    for name in {"tenant_id", "queue"} & set(given):
        values[name] = problems.take(name, partial(fields.text, given[name]))
    if "scheduled_at" in given:
        values["run_at"] = problems.take("scheduled_at", partial(_instant, given["scheduled_at"]))
    for name in {"parent_job_id", "workflow_id"} & set(given):
        values[name] = problems.take(name, partial(fields.uuid, given[name]))
    if "max_retries" in given:
        if "max_attempts" in given:
            problems.add("max_retries", "give either max_retries or max_attempts, not both")
        values["max_attempts"] = problems.take("max_retries", partial(_attempts, given["max_retries"]))
    if "retry_policy" in given:
        values["retry_policy"] = _policy(given["retry_policy"], problems)
    if "dependencies" in given:
        values["dependencies"] = _dependencies(given["dependencies"], problems)
    return values


def _instant(value: Any) -> datetime:
    return check_run_at(fields.instant(value))


def _attempts(retries: Any) -> int:
    if isinstance(retries, bool) or not isinstance(retries, int) or not 0 <= retries < MAX_ATTEMPTS:
        raise ValueError(f"must be a whole number from 0 to {MAX_ATTEMPTS - 1}")
    return retries + 1


def _policy(value: Any, problems: Problems) -> Any:
    """With our names; what is no object is left to the envelope's check."""
    if not isinstance(value, Mapping):
        return value
    return fields.known(value, _POLICY, problems, "retry_policy.")


def _dependencies(value: Any, problems: Problems) -> list[DependsOn]:
    if not isinstance(value, list):
        problems.add("dependencies", "must be a list of job ids")
        return []
    if len(value) > options().max_dependencies:
        problems.add("dependencies", f"at most {options().max_dependencies}")
        return []
    return [_dependency(item, f"dependencies[{number}]", problems) for number, item in enumerate(value)]


def _dependency(item: Any, place: str, problems: Problems) -> DependsOn:
    """A job's id, or `{"job_id", "label", "policy"}`."""
    given = fields.known(item, _EDGE, problems, f"{place}.") if isinstance(item, Mapping) else {"job_id": item}
    job_id = problems.take(place, partial(fields.uuid, given.get("job_id", given.get("id"))))
    label = problems.take(f"{place}.label", partial(fields.text, given.get("label", "")))
    policy = given.get("policy")
    if policy is not None:
        policy = problems.take(f"{place}.policy", partial(fields.text, policy))
    return DependsOn(job_id, label, policy)


def _check_references(values: Mapping[str, Any], user: AnyUser) -> None:
    """A job may only refer to jobs that its submitter sees: its handler reads the results of some."""
    wanted: dict[UUID, str] = {one.job_id: "dependencies" for one in values.get("dependencies", ())}
    if parent := values.get("parent_job_id"):
        wanted.setdefault(parent, "parent_job_id")
    if not wanted:
        return
    seen = set(access.visible(user).filter(pk__in=wanted).values_list("pk", flat=True))
    for job_id, name in wanted.items():
        if job_id not in seen:
            raise Invalid.field(name, f"there is no job {job_id}")
