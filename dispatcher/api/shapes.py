"""What goes in and what comes out, as the OpenAPI document tells it. Tests hold real answers against these."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from dispatcher import categories
from jobs.api.schema.bodies import Body, How
from jobs.api.schema.shapes import Job, Shape, SubmittedJob

Label = Annotated[str, Field(max_length=categories.LONGEST, examples=["email"])]


class DispatchBody(Body):
    prompt: str = Field(min_length=1, description="What to do, in plain English")


class Category(Body):
    label: Label
    type: str | None = Field(default=None, description="A registered type or its alias; else the nearest by name")


class CategoriesBody(Body):
    """All of them: what is not in the list is gone."""

    categories: Annotated[list[Label | Category], Field(max_length=categories.MOST)]


class Labelled(Body):
    job_type: str = Field(description="One of your categories, however it is capitalised")
    parameters: dict[str, Any] | None = Field(default=None, description="Fits the schema of the category's type")


class ShortJobBody(How, Labelled):
    """The short form: a label in place of a type."""


class ShortJob(Job):
    """A job, with the fields of the short form. `parameters` is null for those who may not see it."""

    job_type: str = Field(description="The label that it was asked for by; else its type")
    parameters: dict[str, Any] | None
    status: Literal["pending", "running", "retrying", "succeeded", "failed"] = Field(
        description="A cancelled job counts as failed"
    )
    attempts: int


class SubmittedShortJob(ShortJob, SubmittedJob):
    """The job, or an earlier one that the request only repeats."""


class Dispatch(Shape):
    """How a sentence was read. What it became is null where it became nothing; then `error` says why."""

    id: int
    at: datetime | None = Field(description="null in the answer to the request itself")
    prompt: str | None
    provider: str
    offline: bool = Field(description="Read by rules on this machine: no model was asked")
    model: str
    tried: list[str] = Field(description="The models that were asked, in their order")
    latency_ms: int
    input_tokens: int | None
    output_tokens: int | None
    answer: str | None = Field(description="As the model gave it, cut")
    confidence: float | None
    category: str | None
    type: str | None
    payload: dict[str, Any] | None
    dry_run: bool
    job_id: UUID | None
    error: str | None = Field(description="`code` of the failure")


class Dispatches(Shape):
    """Newest first."""

    results: list[Dispatch]


class DispatchedJob(ShortJob):
    """The job that a sentence became."""

    dispatch: Dispatch


class Reading(Shape):
    """What a sentence would become. `parameters` is the payload again."""

    type: str
    payload: dict[str, Any]
    job_type: str
    parameters: dict[str, Any]
    warnings: list[str]
    dry_run: Literal[True]
    dispatch: Dispatch


class Meaning(Shape):
    """What a label stands for. `summary` is null when its handler is gone."""

    label: str
    type: str
    summary: str | None


class Categories(Shape):
    categories: list[str] = Field(description="The labels")
    handlers: list[Meaning]
    limit: int = Field(description="How many there may be")
