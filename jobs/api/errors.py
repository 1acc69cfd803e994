"""Every failure as `{"error": sentence, "code": slug, "details": {field: [..]}}`, never as a traceback."""

import logging
import math
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views import defaults
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from jobs import errors, request_id

logger = logging.getLogger(__name__)

RETRY_AFTER = 5  # seconds, while a store is down
STATUSES: dict[type[errors.FlowbitError], int] = {
    errors.Invalid: status.HTTP_400_BAD_REQUEST,
    errors.NoIdentity: status.HTTP_401_UNAUTHORIZED,
    errors.NotAllowed: status.HTTP_403_FORBIDDEN,
    errors.NotFound: status.HTTP_404_NOT_FOUND,
    errors.Conflict: status.HTTP_409_CONFLICT,
    errors.TooLarge: status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    errors.KeyReused: status.HTTP_422_UNPROCESSABLE_ENTITY,
    errors.TooMany: status.HTTP_429_TOO_MANY_REQUESTS,
    errors.StoreUnavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
    errors.BrokerUnavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
}


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """REST framework's exception handler."""
    set_rollback()
    response = answered(error)
    if response.status_code == status.HTTP_503_SERVICE_UNAVAILABLE and (request := context.get("request")):
        request.accepted_renderer = JSONRenderer()  # a page would ask the database who looks at it
    return response


def answered(error: Exception) -> Response:
    """Body, status and headers for whatever was raised."""
    if isinstance(error, errors.FlowbitError):
        return _ours(error)
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    return _foreign(error)


def headers(answer: Response) -> dict[str, str]:
    """What an answer says beside its body: when to try again, how to show who calls."""
    return {name: value for name, value in answer.headers.items() if name != "Content-Type"}


def _answer(code: int, message: str, slug: str, details: Mapping[str, Any] | None = None, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response({"error": message, "code": slug, "details": details or {}}, status=code, headers=named)


def _ours(error: errors.FlowbitError) -> Response:
    code = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 500)
    headers = {"Retry_After": str(RETRY_AFTER)} if code == status.HTTP_503_SERVICE_UNAVAILABLE else {}
    if isinstance(error, errors.TooMany):
        headers["Retry_After"] = str(error.wait)
    return _answer(code, error.message, error.code, error.details, **headers)


def _of_framework(error: exceptions.APIException) -> Response:
    headers = {}
    if wait := getattr(error, "wait", None):
        headers["Retry_After"] = str(max(1, math.ceil(wait)))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW_Authenticate"] = challenge
    details = error.detail if isinstance(error.detail, dict) else {}
    message = str(error.detail) if isinstance(error.detail, str) else "the request is not valid"
    slug = error.default_code if isinstance(error.default_code, str) else "error"
    return _answer(error.status_code, message, slug, details, **headers)


def _foreign(error: Exception) -> Response:
    """Django's own exceptions, the database's, and bugs."""
    if isinstance(error, Http404):
        return _answer(404, "there is no such thing", errors.NotFound.code)
    if isinstance(error, PermissionDenied):
        return _answer(403, "you may not do this", "permission_denied")
    if isinstance(error, RequestDataTooBig):
        return _answer(413, "the request is too large", errors.TooLarge.code)
    if isinstance(error, SuspiciousOperation):
        return _answer(400, "the request is not valid", errors.Invalid.code)
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("the database failed: %s", error)
        return _ours(errors.StoreUnavailable("the job store cannot be reached, try again soon"))
    logger.error("a view failed", exc_info=error)
    return Response(_defect(), status=500)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's handler404: JSON for programs, a page for people."""
    if _is_for_programs(request):
        return _json(404, "there is no such address", errors.NotFound.code)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500."""
    if _is_for_programs(request):
        return JsonResponse(_defect(), status=500)
    return defaults.server_error(request)


def _defect() -> dict[str, Any]:
    """By the request's id an operator finds the traceback in the log."""
    body: dict[str, Any] = {"error": "something went wrong here", "code": "internal_error", "details": {}}
    return body | {"request_id": request_id.current.get()}


def _is_for_programs(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _json(code: int, message: str, slug: str) -> HttpResponse:
    return JsonResponse({"error": message, "code": slug, "details": {}}, status=code)
