"""What goes in, as the OpenAPI document tells it. What values may be is checked by `requests` and the services."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jobs.envelope import MAX_ATTEMPTS, MAX_TAGS
from jobs.services.dead_letters import RATES
from jobs.states import DependencyPolicy

Duration = Annotated[float | str, Field(description="Seconds, or text such as 30s, 5m, 1h30m", examples=["30s"])]
QueueName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}$")]
Tenant = Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9._:@/-]{0,127})?$", description="Blank for none")]
Priority = Annotated[int, Field(ge=0, le=10, description="Higher first")]
Reason = Annotated[str, Field(max_length=1000, description="Kept in the audit table")]


class Body(BaseModel):
    """null counts as left out; camelCase is accepted as well."""

    model_config = ConfigDict(extra="forbid")


class RetryPolicyBody(Body):
    policy: Literal["exponential", "linear", "constant", "none"] | None = None
    initial_delay: Duration | None = None
    factor: float | None = None
    max_delay: Duration | None = None
    jitter: float | None = None


class DependencyBody(Body):
    job_id: UUID
    label: Word | None = None
    policy: DependencyPolicy | None = None


class What(Body):
    type: str = Field(description="A registered type or its alias: see GET /handlers")
    payload: dict[str, Any] | None = Field(default=None, description="Fits the type's schema")


class How(Body):
    """What may stand beside the type and the payload."""

    queue: QueueName | None = None
    tenant_id: Tenant | None = None
    priority: Priority | None = None
    delay: Duration | None = None
    scheduled_at: datetime | None = None
    timeout: Duration | None = None
    max_attempts: Annotated[int, Field(ge=1, le=MAX_ATTEMPTS)] | None = None
    max_retries: Annotated[int, Field(ge=0, lt=MAX_ATTEMPTS)] | None = None
    retry_policy: RetryPolicyBody | None = None
    idempotency_key: Annotated[str, Field(pattern=r"^[\x21-\x7e][\x20-\x7e]{0,254}$")] | None = None
    dedupe_window: Duration | None = None
    expires_in: Duration | None = None
    schema_version: int | None = None
    dependencies: list[UUID | DependencyBody] | None = None
    dependency_policy: DependencyPolicy | None = None
    parent_job_id: UUID | None = None
    workflow_id: UUID | None = None
    tags: Annotated[list[Word], Field(max_length=MAX_TAGS)] | None = None


class JobBody(How, What):
    """A job as it is asked for."""


class BatchBody(Body):
    """All or none of them."""

    jobs: Annotated[list[JobBody], Field(min_length=1, max_length=10_000)]


class SignInBody(Body):
    username: str
    password: str


class RefreshBody(Body):
    refresh: str


class ReasonBody(Body):
    reason: Reason | None = None


class EditBody(ReasonBody):
    """What is left out stays."""

    priority: Priority | None = None
    queue: QueueName | None = None
    scheduled_at: datetime | None = None
    payload: dict[str, Any] | None = Field(default=None, description="Replaces the whole payload")


class LetterFilter(Body):
    """As the parameters of GET /dlq. Empty means all."""

    queue: str | None = None
    type: str | None = None
    error_type: str | None = None
    fingerprint: str | None = None
    tenant_id: str | None = None
    replayed: bool | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


class LettersBody(ReasonBody):
    """Either `ids` or `filter`."""

    ids: Annotated[list[Annotated[int, Field(ge=1)] | UUID], Field(min_length=1, max_length=10_000)] | None = Field(
        default=None, description="Of letters, or of their jobs"
    )
    filter: LetterFilter | None = None
    dry_run: bool | None = None


class ReplayBody(LettersBody):
    queue: QueueName | None = None
    priority: Priority | None = None
    type: str | None = None
    payload: dict[str, Any] | None = None
    rate: Annotated[float, Field(ge=RATES[0], le=RATES[1])] | None = Field(
        default=None, description="At most so many a second become ready; the others are scheduled behind"
    )


class QueueBody(ReasonBody):
    name: QueueName


class PauseBody(ReasonBody):
    until: datetime | None = Field(default=None, description="The pause ends by itself")
