"""The built-in handler types; importing this package registers them."""

from jobs.handlers import (
    cleanup,
    commands,
    demo,
    files,
    images,
    mail,
    metadata,
    notifications,
    reports,
    scrape,
    webhook,
)

__all__ = [
    "cleanup",
    "commands",
    "demo",
    "files",
    "images",
    "mail",
    "metadata",
    "notifications",
    "reports",
    "scrape",
    "webhook",
]
