"""A PostgreSQL URL, read into one entry of Django's DATABASES. Pure: opens no connection."""

from typing import Any
from urllib.parse import unquote

SCHEMES = ("postgresql", "postgres")
# What libpq calls the parts that Django has names of its own for.
NAMES = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
NUMBERS = {
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
}
# A server that vanishes without a word is noticed within a minute; the systems' own defaults are hours.
PATIENCE: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
OPTIONS = NUMBERS | {
    "application_name",
    "channel_binding",
    "gssencmode",
    "options",
    "sslcert",
    "sslcrl",
    "sslkey",
    "sslmode",
    "sslpassword",
    "sslrootcert",
    "target_session_attrs",
}


def parse(url: str) -> dict[str, Any]:
    """Gives ENGINE, NAME, USER, PASSWORD, HOST, PORT and OPTIONS.

    ``?host=/folder`` names a Unix socket; libpq's options go to OPTIONS. Raises ValueError with a message
    that never shows the URL, because it may hold a password.
    """
    scheme, separator, rest = url.strip().partition("://")
    if not separator or scheme not in SCHEMES:
        raise ValueError("a database URL begins with postgresql:// or postgres://")
    address, _, query = rest.partition("?")
    authority, _, name = address.rpartition("/") if "/" in address else (address, "", "")
    fields = _authority(authority) | {"NAME": unquote(name)}
    options = _query(query, fields)
    if not fields["NAME"]:
        raise ValueError("a database URL ends with the database's name: postgresql://host/name")
    return {"ENGINE": "flowbit.postgresql", **fields, "OPTIONS": options}


def _authority(text: str) -> dict[str, str]:
    """``user:password@host:port``, every part optional, several hosts by comma as in libpq."""
    credentials, _, hosts = text.rpartition("@")
    user, _, password = credentials.partition(":")
    pairs = [_host_and_port(part) for part in hosts.split(",")]
    ports = ",".join(port for _, port in pairs)
    return {
        "USER": unquote(user),
        "PASSWORD": unquote(password),
        "HOST": ",".join(host for host, _ in pairs),
        "PORT": ports if ports.strip(",") else "",
    }


def _host_and_port(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        if not bracket:
            raise ValueError("the IPv6 address in the database URL lacks its closing bracket")
        port = port.removeprefix(":")
    else:
        host, _, port = text.partition(":")
    return unquote(host), _port(port)


def _port(text: str) -> str:
    if text and not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise ValueError("the port in the database URL is not a number from 1 to 65535")
    return text


def _query(text: str, fields: dict[str, str]) -> dict[str, str | int]:
    """Gives the options; what Django has a name for is written into *fields* instead."""
    options: dict[str, str | int] = {}
    for part in filter(None, text.split("&")):
        raw_key, _, raw_value = part.partition("=")
        key, value = unquote(raw_key), unquote(raw_value)
        if key in NAMES:
            fields[NAMES[key]] = _port(value) if key == "port" else value
        elif key in OPTIONS:
            options[key] = _number(key, value) if key in NUMBERS else value
        else:
            raise ValueError(f"the database URL has an unknown option {key!r}")
    return options


def _number(key: str, value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"{key} in the database URL is not a whole number")
    return int(value)
