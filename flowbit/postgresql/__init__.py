"""Django's backend for PostgreSQL, but for how it reads instants."""
