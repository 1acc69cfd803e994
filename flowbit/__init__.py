"""Flowbit: a durable, fast job queue that lives in the Django admin."""

__version__ = "0.1.0"
