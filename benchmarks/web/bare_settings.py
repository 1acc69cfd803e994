"""Django with Flowbit's tables and pool, and nothing of Flowbit around a view: no middleware, none of its addresses."""

from flowbit.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.web.bare"
MIDDLEWARE: list[str] = []
