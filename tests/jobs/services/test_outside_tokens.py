"""An issuer of our own on this machine: real keys, a real JWKS address."""

import base64
import hashlib
import hmac
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.contrib.auth.models import User
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from pytest_django import Settings

from jobs.conf import OutsideIssuer
from jobs.models import Profile
from jobs.services import identify, outside_tokens
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)
NAME, AUDIENCE = "https://issuer.example.com/", "flowbit"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Issuer:
    url: str
    asked: list[str] = field(default_factory=list)
    says: dict[str, bytes] = field(default_factory=dict)
    """`body`: what it answers in place of its keys. `begin`: the same, but the connection breaks after it."""

    def token(self, key: Any = RSA_KEY, algorithm: str = "RS256", kid: str | None = "rsa", **changes: Any) -> str:
        claims = {"iss": NAME, "aud": AUDIENCE, "sub": "ada|1", "exp": int(time.time()) + 60, **changes}
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid} if kid else {})


@pytest.fixture
def issuer(settings: Settings, transactional_db: None) -> Iterator[Issuer]:
    keys = [
        {**json.loads(RSAAlgorithm.to_jwk(RSA_KEY.public_key())), "kid": "rsa", "use": "sig"},
        {**json.loads(ECAlgorithm.to_jwk(EC_KEY.public_key())), "kid": "ec", "use": "sig"},
    ]
    body = json.dumps({"keys": keys}).encode()
    asked: list[str] = []
    says: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            if "begin" in says:
                self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(says.get("body", says.get("begin", body)))
            if "begin" in says:  # the other side hears of a reset, not of an end
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                socket.close(self.connection.detach())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/keys"
    settings.FLOWBIT = replace(
        settings.FLOWBIT, outside_issuer=OutsideIssuer(jwks_url=url, name=NAME, audience=AUDIENCE)
    )
    outside_tokens._keys.cache_clear()
    yield Issuer(url, asked, says)
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_user_is_made_on_first_sight_and_found_again(issuer: Issuer) -> None:
    first, second = (identify.by_token(issuer.token()) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.user, str(first.credential)) == (second.user, "outside token")
    user = User.objects.get()
    assert (user.username, user.is_staff, user.is_superuser, user.has_usable_password()) == (
        "outside:ada|1",
        False,
        False,
        False,
    )
    assert user.get_all_permissions() == {"jobs.submit_job"}
    assert user.profile.external_subject == "ada|1"
    assert issuer.asked == ["/keys"]


def test_elliptic_curves(issuer: Issuer) -> None:
    assert identify.by_token(issuer.token(EC_KEY, "ES256", "ec")) is not None


def test_somebody_who_was_told_of_before(issuer: Issuer) -> None:
    grace = scenes.user("grace", "view_job")
    Profile.objects.create(user=grace, external_subject="ada|1")
    identity = identify.by_token(issuer.token())
    assert identity is not None
    assert identity.user == grace
    User.objects.update(is_active=False)
    assert identify.by_token(issuer.token()) is None


def test_a_subject_never_becomes_an_existing_user(issuer: Issuer) -> None:
    root = User.objects.create_superuser("root")
    identity = identify.by_token(issuer.token(sub="root"))
    assert identity is not None
    assert identity.user != root
    assert not identity.user.is_superuser


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example.com/"},
        {"iss": None},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": "a\0b"},
        {"nbf": 4_000_000_000},
        {"kid": "unknown"},
        {"kid": None},
        {"key": STRANGER},
        {"key": EC_KEY, "algorithm": "ES256", "kid": "rsa"},
        {"key": RSA_KEY, "algorithm": "RS512"},
        {"key": RSA_KEY, "algorithm": "PS256"},
    ],
)
def test_what_is_refused(issuer: Issuer, changes: dict[str, Any]) -> None:
    assert identify.by_token(issuer.token(**changes)) is None
    assert not User.objects.exists()


def test_the_public_key_is_no_secret(issuer: Issuer) -> None:
    """Algorithm confusion: sign by HMAC with what everybody may read, and hope that the verifier does the same."""
    public = RSA_KEY.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    jwk = RSAAlgorithm.to_jwk(public).encode()
    claims = {"iss": NAME, "aud": AUDIENCE, "sub": "ada|1", "exp": int(time.time()) + 60}
    # PyJWT itself refuses to sign by such a key, so it is done by hand.
    for secret in (pem, pem.strip(), jwk):
        header = {"alg": "HS256", "kid": "rsa", "typ": "JWT"}
        signed = _by_hand(header, claims, secret)
        assert identify.by_token(signed) is None
    none = jwt.encode(claims, "", algorithm="none", headers={"kid": "rsa"})
    assert identify.by_token(none) is None
    assert issuer.asked == []


def _by_hand(header: dict[str, str], claims: dict[str, Any], secret: bytes) -> str:
    def part(raw: bytes) -> bytes:
        return base64.urlsafe_b64encode(raw).rstrip(b"=")

    signed = part(json.dumps(header).encode()) + b"." + part(json.dumps(claims).encode())
    return (signed + b"." + part(hmac.new(secret, signed, hashlib.sha256).digest())).decode()


def test_keys_that_are_not_known_are_not_asked_for_again_and_again(issuer: Issuer) -> None:
    for number in range(5):
        assert identify.by_token(issuer.token(kid=f"unknown-{number}")) is None
    assert len(issuer.asked) == 1


def test_an_issuer_that_cannot_be_reached(issuer: Issuer, settings: Settings) -> None:
    away = OutsideIssuer(jwks_url="http://127.0.0.1:1/keys", name=NAME, audience=AUDIENCE)
    settings.FLOWBIT = replace(settings.FLOWBIT, outside_issuer=away)
    assert identify.by_token(issuer.token()) is None


def test_without_an_issuer_no_such_token_is_looked_at(issuer: Issuer, settings: Settings) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, outside_issuer=None)
    assert identify.by_token(issuer.token()) is None
    assert issuer.asked == []


@pytest.mark.parametrize(
    "said",
    [
        {"body": b""},
        {"body": b"[]"},
        {"body": b'{"keys": [7]}'},
        {"body": b"[" * 100_000},
        {"body": b"\xff"},
        {"begin": b'{"keys": ['},
    ],
    ids=["nothing", "list", "number", "deep", "bytes", "broken off"],
)
def test_with_an_issuer_that_answers_nonsense_nobody_comes_in(issuer: Issuer, said: dict[str, bytes]) -> None:
    issuer.says.update(said)
    assert identify.by_token(issuer.token()) is None
