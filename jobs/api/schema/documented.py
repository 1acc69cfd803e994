"""`@documented` describes one operation: what it takes and gives, and every error that it can answer with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from pydantic import BaseModel

from jobs.api.schema.shapes import Error
from jobs.filters.query import Parameter

F = TypeVar("F", bound=Callable[..., Any])
Shape = type[BaseModel]


class Failure(NamedTuple):
    """`code` as in the answer, when it comes, and the sentence of an example."""

    code: str
    when: str
    sentence: str


ERRORS: dict[int, Failure] = {
    400: Failure(
        "invalid", "A field or parameter is wrong or unknown", "priority: must be a whole number from 0 to 10"
    ),
    401: Failure("not_authenticated", "No credential, or a wrong one", "Authentication credentials were not provided."),
    403: Failure("permission_denied", "You may not do this", "you may not do this"),
    404: Failure("not_found", "There is no such thing, or it is somebody else's", "there is no such job"),
    406: Failure("not_acceptable", "Only JSON can be given", "Could not satisfy the request Accept header."),
    409: Failure("conflict", "Its present state does not allow it", "job 01a2... is succeeded and cannot be cancelled"),
    413: Failure("too_large", "The body is too large", "the request is larger than 1024 KiB"),
    415: Failure(
        "unsupported_media_type", "The body is not of a type that is taken", 'Unsupported media type "text/plain".'
    ),
    422: Failure(
        "idempotency_key_reused",
        "The idempotency key was used for another request",
        "idempotency_key: was used for another request",
    ),
    429: Failure("throttled", "Too many requests: see Retry-After", "Request was throttled."),
    503: Failure(
        "store_unavailable", "PostgreSQL cannot be reached: see Retry-After", "the job store cannot be reached"
    ),
}
_BODY = (400, 413, 415)
_ALWAYS = (406, 429, 503)


def documented(
    summary: str,
    *,
    tag: str,
    gives: Mapping[int, Shape | dict[str, Any]],
    takes: Shape | Mapping[str, Any] | None = None,
    errors: tuple[int, ...] = (),
    failures: Mapping[int, Failure] | None = None,
    asks: Sequence[Parameter] = (),
    example: Any = None,
    open: bool = False,
    **more: Any,
) -> Callable[[F], F]:
    """Args:
    gives: shape of the answer by status.
    errors: statuses beside those that every operation has; for one with a body, beside 400, 413 and 415 too.
    failures: those of this operation alone, by status; they stand beside what the status means elsewhere.
    asks: query parameters, of an operation whose view does not declare them as its `query`.
    open: whether it can be called without a credential.
    """
    statuses = {*errors, *_ALWAYS, *(_BODY if takes else ()), *(() if open else (401, 403))}
    told = {code: [ERRORS[code]] for code in statuses - set(gives)}
    for code, failure in (failures or {}).items():
        told[code] = [*told.get(code, []), failure]
    responses: dict[int, Any] = {code: OpenApiResponse(shape, _told(code)) for code, shape in gives.items()}
    responses |= {code: _error(code, told[code]) for code in sorted(told)}
    examples = [] if example is None else [OpenApiExample("example", value=example, request_only=True)]
    decorate: Callable[[F], F] = extend_schema(
        operation_id=summary.lower().replace(" ", "_"),
        summary=summary,
        tags=[tag],
        request=takes,
        responses=responses,
        examples=examples,
        parameters=[parameter(one) for one in asks],
        **more,
    )
    return decorate


def parameter(declared: Parameter) -> OpenApiParameter:
    """A query parameter as drf-spectacular wants it."""
    is_object = declared.schema.get("type") == "object"
    return OpenApiParameter(
        declared.name,
        dict(declared.schema),
        description=declared.says,
        style="form" if is_object else None,
        explode=True if is_object else None,
    )


def _told(code: int) -> str:
    return {200: "Done", 201: "Made", 503: "Down"}.get(code, "")


def _error(code: int, failures: Sequence[Failure]) -> OpenApiResponse:
    examples = [
        OpenApiExample(
            one.code, value={"error": one.sentence, "code": one.code, "details": {}}, status_codes=[str(code)]
        )
        for one in failures
    ]
    return OpenApiResponse(Error, "; or: ".join(one.when for one in failures), examples)
