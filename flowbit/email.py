"""How mails are sent, as Django's settings: an SMTP server by its URL, or files in a folder. Pure."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_FILES = "django.core.mail.backends.filebased.EmailBackend"
_BEFORE_MAILERS = {
    "host": "EMAIL_HOST",
    "port": "EMAIL_PORT",
    "username": "EMAIL_HOST_USER",
    "password": "EMAIL_HOST_PASSWORD",
    "use_tls": "EMAIL_USE_TLS",
    "use_ssl": "EMAIL_USE_SSL",
    "timeout": "EMAIL_TIMEOUT",
    "file_path": "EMAIL_FILE_PATH",
}


def to_files(folder: Path) -> dict[str, Any]:
    """A mailer in the form of Django's MAILERS that sends nothing."""
    return {"BACKEND": _FILES, "OPTIONS": {"file_path": folder}}


def by_url(url: str) -> dict[str, Any]:
    """`smtp+tls://user:password@host:587/?timeout=10` as a mailer in the form of Django's MAILERS.

    `smtp` is plain, `smtp+tls` is STARTTLS, `smtps` is TLS from the start. Raises ValueError, never showing the URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("write smtp://, smtp+tls:// or smtps:// and a host")
    options = {
        "host": parts.hostname,
        "port": parts.port or PORTS[parts.scheme],
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": parts.scheme == "smtp+tls",
        "use_ssl": parts.scheme == "smtps",
        "timeout": float(parse_qs(parts.query).get("timeout", ["10"])[0]),
    }
    return {"BACKEND": _SMTP, "OPTIONS": options}


def settings(mailer: dict[str, Any], django: tuple[Any, ...]) -> dict[str, Any]:
    """The settings that make `mailer` the one of every mail, by the names of that version of Django."""
    if django >= (6, 1):
        return {"MAILERS": {"default": mailer}}
    old = {_BEFORE_MAILERS[name]: value for name, value in mailer.get("OPTIONS", {}).items()}
    return {"EMAIL_BACKEND": mailer["BACKEND"], **old}
