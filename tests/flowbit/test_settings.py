"""The settings in a process of their own, because they are read once."""

import json
import os
import subprocess
import sys

import pytest

SHOWN = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "CORS_ALLOWED_ORIGINS"]
PRINT = f"""
import json
from flowbit import settings
print(json.dumps({{name: getattr(settings, name) for name in {SHOWN!r}}} | {{
    "trust": settings.FLOWBIT.trust_user_header, "rate": str(settings.FLOWBIT.api_rate),
    "keys": str(settings.FLOWBIT.key_rate), "issuer": str(settings.FLOWBIT.outside_issuer)}}))
"""
PUBLIC = {"ALLOWED_HOSTS": "jobs.example.com", "SECRET_KEY": "a-key-of-a-test-that-nobody-knows-at-all-0123456789"}


def read(**variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "FLOWBIT_FOLDER") if name in os.environ}
    return subprocess.run([sys.executable, "-c", PRINT], env={**kept, **variables}, capture_output=True, text=True)


def test_what_is_not_set_is_safe() -> None:
    found = json.loads(read().stdout)
    assert (found["trust"], found["CORS_ALLOWED_ORIGINS"], found["issuer"]) == ("off", [], "None")
    assert (found["rate"], found["keys"]) == ("Rate(count=600, seconds=60.0)", "None")
    assert found["SESSION_COOKIE_SECURE"] is False
    assert found["SECURE_HSTS_SECONDS"] == 0


def test_in_public_cookies_travel_by_tls_only_unless_told_otherwise() -> None:
    found = json.loads(read(**PUBLIC, HSTS_SECONDS="3600").stdout)
    assert (found["SESSION_COOKIE_SECURE"], found["CSRF_COOKIE_SECURE"]) == (True, True)
    assert found["SECURE_HSTS_SECONDS"] == 3600
    assert json.loads(read(**PUBLIC, FLOWBIT_HTTPS="0").stdout)["SESSION_COOKIE_SECURE"] is False


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"ALLOWED_HOSTS": "jobs.example.com"}, "SECRET_KEY"),
        ({**PUBLIC, "ADMIN_TOKEN": "dev-admin-token"}, "ADMIN_TOKEN"),
        ({"ALLOWED_ORIGINS": "*"}, "ALLOWED_ORIGINS"),
        ({"ALLOWED_ORIGINS": "https://app.example.com/"}, "ALLOWED_ORIGINS"),
        ({"DASHBOARD_ORIGIN": "app.example.com"}, "ALLOWED_ORIGINS"),
        ({"FLOWBIT_TRUST_USER_HEADER": "perhaps"}, "FLOWBIT_TRUST_USER_HEADER"),
        ({"API_RATE": "often"}, "API_RATE"),
        ({"FLOWBIT_JWT_JWKS_URL": "https://issuer.example.com/keys"}, "FLOWBIT_JWT_AUDIENCE"),
        ({"FLOWBIT_JWT_JWKS_URL": "file:///etc/passwd"}, "FLOWBIT_JWT_JWKS_URL"),
        ({"HSTS_SECONDS": "-1"}, "HSTS_SECONDS"),
    ],
)
def test_what_is_refused_at_start_names_itself(variables: dict[str, str], name: str) -> None:
    refused = read(**variables)
    assert refused.returncode != 0
    assert "ImproperlyConfigured" in refused.stderr
    assert name in refused.stderr.splitlines()[-1]


def test_the_ways_to_trust_a_header() -> None:
    for value, mode in (("1", "on"), ("loopback", "loopback"), ("off", "off")):
        assert json.loads(read(FLOWBIT_TRUST_USER_HEADER=value).stdout)["trust"] == mode
