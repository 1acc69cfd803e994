"""A private PostgreSQL and Redis for one machine, over Unix sockets only. Knows nothing of Django."""
