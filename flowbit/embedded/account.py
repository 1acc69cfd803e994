"""Whom PostgreSQL runs as. It refuses to run as root; then it gets an unprivileged account that exists."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from flowbit.embedded.errors import EmbeddedError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def can(self, *tests: tuple[str, Path]) -> bool:
        """Whether all of these hold for the account: pairs of a flag of test(1), such as ``-x``, and a path.
        Asked by trying, so that ACLs and the like count too."""
        script = 'while [ $# -gt 0 ]; do test "$1" "$2" || exit 1; shift 2; done'
        arguments = [str(part) for test in tests for part in test]
        result = subprocess.run(
            ["/bin/sh", "-c", script, "sh", *arguments],
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            cwd="/",
            check=False,
        )
        return result.returncode == 0


def choose(cluster: Path) -> Account | None:
    """None: the user who runs this, because that is not root. A cluster that exists keeps its owner."""
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (status := cluster.stat()).st_uid != 0:
        return Account(status.st_uid, status.st_gid)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and there is no user {' or '.join(CANDIDATES)} to run it as: "
        "start Flowbit as an ordinary user, or set DATABASE_URL"
    )
