"""How a request came, and whose it is: the same for every kind of credential."""

from dataclasses import dataclass
from typing import NamedTuple

from django.contrib.auth.models import User

KEY, TOKEN, OUTSIDE, HEADER, DEMO = "key", "token", "outside token", "header", "demo"


@dataclass(frozen=True, slots=True)
class Credential:
    """What was shown: a key (`name` is its prefix), a token of a sign-in or of the outside issuer, a header.

    The secret itself is not in it, so it may be logged and kept in audit rows.
    """

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()


class Identity(NamedTuple):
    """`user` may be a `LimitedUser`; ask its `has_perm`, never its groups or flags."""

    user: User
    credential: Credential
