"""Who calls: the admin token of the settings. Sessions are Django REST framework's own."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.utils.crypto import constant_time_compare
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from jobs.conf import options

ADMIN_USER = "admin-token"
ADMIN_ROLE = "admin"


class AdminTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <ADMIN_TOKEN>` or `X-Admin-Token`. A blank ADMIN_TOKEN matches nothing."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        """None when the request brings no token; a wrong one is refused, not passed over."""
        token = _token(request)
        if token is None:
            return None
        expected = options().admin_token
        if not expected or not constant_time_compare(token, expected):
            raise AuthenticationFailed("the token is not valid")
        return _admin(), "admin token"

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _token(request: Request) -> str | None:
    header = request.META.get("HTTP_X_ADMIN_TOKEN")
    if header is not None:
        return str(header)
    scheme, _, value = get_authorization_header(request).decode("latin-1").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def _admin() -> User:
    """The user that the token acts as: in the role of an admin, not staff, without a password."""
    user, new = User.objects.get_or_create(username=ADMIN_USER, defaults={"password": make_password(None)})
    if new:
        user.groups.add(*Group.objects.filter(name=ADMIN_ROLE))
    if not user.is_active:
        raise AuthenticationFailed("the user of the admin token is shut out")
    return user
