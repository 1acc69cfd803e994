"""Signing in for tokens: `POST /api/v1/auth/token` and `/refresh`."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.schema import bodies, controls
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView
from jobs.envelope import Problems
from jobs.errors import Invalid
from jobs.filters import fields
from jobs.services import tokens
from jobs.services.tokens import Pair

TAG = "sign in"
MAX_TEXT = 4096
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SIGN_IN = {"username": "person", "password": "person"}
_REFRESH = {"refresh": "eyJhbGciOi..."}


class SignInView(ApiView):
    """No credential is looked at: a wrong one in a header must not stop a person from getting a right one."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenView(SignInView):
    """Sign in for tokens."""

    names: ClassVar = ("username", "password")
    examples: ClassVar = {"POST": _SIGN_IN}

    @documented(
        "Sign in",
        tag=TAG,
        takes=bodies.SignInBody,
        gives={200: controls.TokenPair},
        errors=(401,),
        example=_SIGN_IN,
        open=True,
    )
    def post(self, request: Request) -> Response:
        """A user name and a password for a pair of tokens. Tries are limited by the backend."""
        given = _texts(request.data, self.names)
        user = authenticate(request._request, username=given["username"], password=given["password"])
        if not isinstance(user, User):
            raise AuthenticationFailed("the user name or the password is not right")
        return _answer(tokens.begin(user))


class RefreshView(SignInView):
    """Change a refresh token for the next pair."""

    examples: ClassVar = {"POST": _REFRESH}

    @documented(
        "Refresh a sign in",
        tag=TAG,
        takes=bodies.RefreshBody,
        gives={200: controls.TokenPair},
        errors=(401,),
        example=_REFRESH,
        open=True,
    )
    def post(self, request: Request) -> Response:
        """A refresh token for the next pair; it can be used once."""
        pair = tokens.renew(_texts(request.data, ("refresh",))["refresh"])
        if pair is None:
            raise AuthenticationFailed("the token is not valid")
        return _answer(pair)


def _texts(data: Any, names: tuple[str, ...]) -> dict[str, str]:
    """Exactly these fields, each a text. Raises Invalid; no value is ever repeated in the message."""
    if not isinstance(data, Mapping):
        raise Invalid("the body must be an object")
    problems = Problems()
    given = fields.known(data, names, problems)
    found = {name: problems.take(name, partial(_text, given.get(name))) for name in names}
    problems.raise_any()
    return found


def _text(value: Any) -> str:
    if value is None:
        raise ValueError("is required")
    if len(fields.text(value)) > MAX_TEXT or "\0" in value or _LONE_SURROGATE.search(value):
        raise ValueError("is no such thing")
    return str(value)


def _answer(pair: Pair) -> Response:
    body = {"access": pair.access, "refresh": pair.refresh, "token_type": "Bearer", "expires_in": pair.expires_in}
    return Response(body, headers={"Cache-Control": "no-store"})
