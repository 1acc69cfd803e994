"""A page reads hundreds of instants, the board two thousand: with Django's loader that is a quarter of its time."""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import BaseTzLoader


class InstantLoader(BaseTzLoader):  # type: ignore[misc]  # django-stubs knows nothing of this module
    """What PostgreSQL writes by default is ISO 8601, which Python reads in C; all else is left to Django."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        try:
            found = datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            loaded: datetime = super().load(data)
            return loaded
        return found if found.tzinfo is UTC else found.astimezone(UTC)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        if self.timezone is UTC:
            connection.adapters.register_loader("timestamptz", InstantLoader)
        return connection
