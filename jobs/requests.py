"""A submit as clients send it -> `JobRequest`. What the values may be is checked in `jobs.envelope`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from jobs.conf import options
from jobs.envelope import MAX_ATTEMPTS, DependsOn, JobRequest, Problems, Refused, check_run_at
from jobs.errors import Invalid
from jobs.filters import fields
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
NAMES = (
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
    wanted = _request(data, user)
    if problem := _unseen([wanted], user).get(0):
        raise problem
    return wanted


def job_requests(data: Any, user: AnyUser) -> list[JobRequest]:
    """The jobs of a batch.

    Raises:
        Invalid: `details` names every wrong field of every item (of the first of them when there are many), as
            `jobs[3].priority`.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("jobs"), list):
        raise Invalid.field("jobs", "must be a list of jobs")
    if set(data) != {"jobs"}:
        raise Invalid.field(fields.shown(min(set(data) - {"jobs"})), "is unknown")
    items = data["jobs"]
    if not 0 < len(items) <= options().max_batch:
        raise Invalid.field("jobs", f"must be 1 to {options().max_batch} jobs")
    refused = Refused()
    found = [refused.take(number, partial(_request, item, user)) for number, item in enumerate(items)]
    refused.raise_any()
    wanted = [one for one in found if one is not None]
    for number, problem in _unseen(wanted, user).items():
        refused.add(number, problem)
    refused.raise_any()
    return wanted


def _request(data: Any, user: AnyUser) -> JobRequest:
    if not isinstance(data, Mapping):
        raise Invalid("the body must be an object")
    problems = Problems()
    given = fields.known(data, NAMES, problems)
    for name in sorted(LATER & set(given)):
        problems.add(name, "schedules are not supported yet")
    values: dict[str, Any] = {name: given[name] for name in _AS_IT_IS & set(given)}
    values["type"] = problems.take("type", partial(_required, given.get("type")))
    values |= _converted(given, problems)
    problems.raise_any()
    return JobRequest(owner_id=user.pk, **values)


def changes(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an edit as `steer.Changes` has them. Raises Invalid."""
    problems = Problems()
    found = {name: given[name] for name in ("priority", "queue", "payload") if name in given}
    if "scheduled_at" in given:
        found["run_at"] = problems.take("scheduled_at", partial(_instant, given["scheduled_at"]))
    if not isinstance(found.get("payload", {}), Mapping):
        problems.add("payload", "must be an object")
    problems.raise_any()
    return found


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


def _unseen(wanted: Sequence[JobRequest], user: AnyUser) -> dict[int, Invalid]:
    """What refers to a job that its submitter does not see, by its place.

    A handler reads the results of its dependencies: these are for those who may see what is in them.
    """
    named = [(number, job_id, name) for number, one in enumerate(wanted) for job_id, name in _references(one)]
    if not named:
        return {}
    ids = {job_id for _, job_id, _ in named}
    owners = dict(access.visible(user).filter(pk__in=ids).values_list("pk", "owner_id"))
    problems: dict[int, Invalid] = {}
    for number, job_id, name in reversed(named):
        if job_id not in owners:
            problems[number] = Invalid.field(name, f"there is no job {job_id}")
        elif name == "dependencies" and not access.sees_payload(user, owners[job_id]):
            problems[number] = Invalid.field(name, f"you may not see the result of job {job_id}")
    return problems


def _references(wanted: JobRequest) -> Iterator[tuple[UUID, str]]:
    for one in wanted.dependencies:
        if isinstance(one, DependsOn):
            yield one.job_id, "dependencies"
    if wanted.parent_job_id:
        yield wanted.parent_job_id, "parent_job_id"
