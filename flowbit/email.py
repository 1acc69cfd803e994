"""An SMTP URL, read into Django's EMAIL_* settings. Pure."""

from urllib.parse import parse_qs, unquote, urlsplit

PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def parse(url: str) -> dict[str, object]:
    """`smtp+tls://user:password@host:587/?timeout=10` -> EMAIL_BACKEND, EMAIL_HOST, ...

    `smtp` is plain, `smtp+tls` is STARTTLS, `smtps` is TLS from the start. Raises ValueError, never showing the URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("write smtp://, smtp+tls:// or smtps:// and a host")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": float(parse_qs(parts.query).get("timeout", ["10"])[0]),
    }
