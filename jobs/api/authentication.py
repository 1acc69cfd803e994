"""Who calls. Each class passes over a request without its credential, and refuses one with a wrong credential.

Views that submit list `OPEN_TO_DEMO`; all others have the classes of the settings, which are the same without the
last one.
"""

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from jobs import trusted
from jobs.api import throttles
from jobs.services import identify
from jobs.services.credentials import Identity
from jobs.trusted import Visit


class TokenAuthentication(BaseAuthentication):
    """An API key, ADMIN_TOKEN, a token of a sign-in or of the outside issuer: `Authorization: Bearer`, `X-API-Key`
    or `X-Admin-Token`.
    """

    def authenticate(self, request: Request) -> Identity | None:
        token = identify.token_in(_visit(request).headers)
        if token is None:
            return None
        found = identify.by_token(token)
        if found is None:
            throttles.count_bad_token(throttles.address(request))
            raise AuthenticationFailed("the token is not valid")
        return found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TrustedHeaderAuthentication(BaseAuthentication):
    """`X-User-Id`, where FLOWBIT_TRUST_USER_HEADER believes it."""

    def authenticate(self, request: Request) -> Identity | None:
        try:
            return trusted.by_header(_visit(request))
        except PermissionError as error:
            raise AuthenticationFailed(str(error)) from None


class TrustedCookieAuthentication(BaseAuthentication):
    """The cookie `flowbit_session`, where FLOWBIT_TRUST_USER_HEADER believes it; a session of Django's goes first."""

    def authenticate(self, request: Request) -> Identity | None:
        try:
            return trusted.by_cookie(_visit(request))
        except PermissionError as error:
            raise AuthenticationFailed(str(error)) from None


class DemoAuthentication(BaseAuthentication):
    """Acts as the user `demo` for a client on this machine that shows no credential, in the demo only."""

    def authenticate(self, request: Request) -> Identity | None:
        return trusted.as_demo(_visit(request))


OPEN_TO_DEMO = (
    TokenAuthentication,
    TrustedHeaderAuthentication,
    SessionAuthentication,
    TrustedCookieAuthentication,
    DemoAuthentication,
)


def _visit(request: Request) -> Visit:
    plain: HttpRequest = request._request
    return Visit.of_request(plain)
