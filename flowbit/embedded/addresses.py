"""Where the embedded servers listen: pure functions of the data folder, so that settings can name
the servers' addresses before (and whether or not) they run.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import quote

DATABASE = "flowbit"
USER = "flowbit"
REDIS_SOCKET = "redis.sock"


def fingerprint(folder: Path) -> str:
    """Twelve hexadecimal digits that stand for the resolved folder."""
    return hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]


def runtime_dir(folder: Path) -> Path:
    """A short private directory for the sockets: a Unix socket's path may have only about 100 bytes,
    which a deep checkout would exceed."""
    return Path(tempfile.gettempdir()).resolve() / f"flowbit-{os.getuid()}-{fingerprint(folder)}"


def postgres_socket_dir(folder: Path) -> Path:
    return runtime_dir(folder) / "pg"


def redis_socket(folder: Path) -> Path:
    return runtime_dir(folder) / REDIS_SOCKET


def database_url(folder: Path) -> str:
    host = quote(str(postgres_socket_dir(folder)), safe="")
    return f"postgresql://{USER}@/{DATABASE}?host={host}"


def redis_url(folder: Path) -> str:
    return f"unix://{quote(str(redis_socket(folder)))}?db=0"
