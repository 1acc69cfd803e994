"""The directories: one for sockets, one for the cluster, and for root sometimes a copy of the programs.

An ordinary user has all but the sockets in the folder itself. Root's PostgreSQL runs as another account,
which may not be able to enter the folder (a checkout in /root): then the cluster lives in a directory of its
own under /var/lib, named after the folder. No permission outside of our own directories is changed.
"""

import os
import shutil
import stat
from pathlib import Path

from flowbit.embedded import addresses
from flowbit.embedded.account import Account
from flowbit.embedded.errors import EmbeddedError, UnsafeFolder

STATE = Path("/var/lib")
CLUSTER = "postgres"
PROGRAMS = "programs"
LONGEST_SOCKET = 103  # bytes of a path: Linux allows 107, macOS 103


def make_folder(folder: Path) -> None:
    """Root leaves it enterable, not listable, for the account of the cluster in it."""
    folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)


def make_runtime_dir(folder: Path) -> Path:
    """The sockets' private directory. It lies in a directory where everybody may write, so it is only taken
    when it is really ours."""
    path = addresses.runtime_dir(folder)
    longest = max(len(os.fsencode(path / name)) for name in ("pg/.s.PGSQL.5432", addresses.REDIS_SOCKET))
    if longest > LONGEST_SOCKET:
        raise EmbeddedError(f"{path} is too long for a Unix socket: set TMPDIR to a shorter directory")
    make_private(path, 0o711 if os.geteuid() == 0 else 0o700)
    return path


def make_private(path: Path, mode: int) -> None:
    """Makes the directory, or takes it if it is ours. Raises UnsafeFolder for one of somebody else."""
    path.mkdir(mode=0o700, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise UnsafeFolder(f"{path} is not a directory of this user: remove it, or set another TMPDIR")
    path.chmod(mode)


def fallback_home(folder: Path) -> Path:
    return STATE / f"flowbit-{addresses.fingerprint(folder)}"


def cluster_dir(folder: Path) -> Path:
    """Where the cluster of this folder is, or would be if it were made in the folder."""
    elsewhere = fallback_home(folder) / CLUSTER
    return elsewhere if os.geteuid() == 0 and elsewhere.exists() else folder.resolve() / CLUSTER


def settle_cluster_dir(folder: Path, account: Account | None) -> Path:
    """Gives the cluster's place, with its parent made. It never moves once there is a cluster."""
    place = cluster_dir(folder)
    if account is None or account.can(("-x", place.parent)):
        return place
    if place.exists():
        raise EmbeddedError(
            f"the cluster {place} belongs to user id {account.uid}, who cannot enter {place.parent} any more"
        )
    home = fallback_home(folder)
    make_private(home, 0o711)
    return home / CLUSTER


def reachable_install(install: Path, home: Path, account: Account | None) -> Path:
    """PostgreSQL's programs as they are, or copied to *home* if the account cannot read them."""
    needed = (("-x", install / "bin/postgres"), ("-r", install / "share/postgres.bki"))
    if account is None or account.can(*needed):
        return install
    binary = (install / "bin/postgres").stat()
    copy = home / PROGRAMS / f"{binary.st_size:x}-{binary.st_mtime_ns:x}"
    if not copy.exists():
        _copy_install(install, copy)
    return copy / install.parent.name / install.name


def _copy_install(install: Path, target: Path) -> None:
    """Copies what programs and libraries need, in the same places relative to each other."""
    shutil.rmtree(target.parent, ignore_errors=True)
    unfinished = target.with_name(f"{target.name}.new")
    package = install.parent
    shutil.copytree(install, unfinished / package.name / install.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    for path in [target.parent, unfinished, *unfinished.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    unfinished.rename(target)
