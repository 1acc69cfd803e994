"""`@documented` describes one operation: what it takes and gives, and every error that it can answer with."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from pydantic import BaseModel

from jobs.api.schema.shapes import Error

F = TypeVar("F", bound=Callable[..., Any])
Shape = type[BaseModel]

ERRORS: dict[int, tuple[str, str, str]] = {
    400: ("invalid", "A field or parameter is wrong or unknown", "priority: must be a whole number from 0 to 10"),
    401: ("not_authenticated", "No credential, or a wrong one", "Authentication credentials were not provided."),
    403: ("permission_denied", "You may not do this", "you may not do this"),
    404: ("not_found", "There is no such thing, or it is somebody else's", "there is no such job"),
    406: ("not_acceptable", "Only JSON can be given", "Could not satisfy the request Accept header."),
    409: ("conflict", "Its present state does not allow it", "job 01a2... is succeeded and cannot be cancelled"),
    413: ("too_large", "The body is too large", "the request is larger than 1024 KiB"),
    415: ("unsupported_media_type", "The body is not of a type that is taken", 'Unsupported media type "text/plain".'),
    422: (
        "idempotency_key_reused",
        "The idempotency key was used for another request",
        "idempotency_key: was used for another request",
    ),
    429: ("throttled", "Too many requests: see Retry-After", "Request was throttled."),
    503: ("store_unavailable", "PostgreSQL cannot be reached: see Retry-After", "the job store cannot be reached"),
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
    example: Any = None,
    open: bool = False,
    **more: Any,
) -> Callable[[F], F]:
    """Args:
    gives: shape of the answer by status.
    errors: statuses beside those that every operation has; for one with a body, beside 400, 413 and 415 too.
    open: whether it can be called without a credential.
    """
    statuses = {*errors, *_ALWAYS, *(_BODY if takes else ()), *(() if open else (401, 403))}
    responses: dict[int, Any] = {code: OpenApiResponse(shape, _told(code)) for code, shape in gives.items()}
    responses |= {code: _error(code) for code in sorted(statuses - set(gives))}
    examples = [] if example is None else [OpenApiExample("example", value=example, request_only=True)]
    decorate: Callable[[F], F] = extend_schema(
        operation_id=summary.lower().replace(" ", "_"),
        summary=summary,
        tags=[tag],
        request=takes,
        responses=responses,
        examples=examples,
        **more,
    )
    return decorate


def _told(code: int) -> str:
    return {200: "Done", 201: "Made", 503: "Down"}.get(code, "")


def _error(code: int) -> OpenApiResponse:
    slug, told, sentence = ERRORS[code]
    example = OpenApiExample(slug, value={"error": sentence, "code": slug, "details": {}}, status_codes=[str(code)])
    return OpenApiResponse(Error, told, [example])
