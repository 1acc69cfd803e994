"""An environment (virtualenv) for each peer, in the lab's folder; made once, and again when its versions change."""

import subprocess
import sys
from pathlib import Path

from benchmarks.peers.peer import Peer


class NotInstalled(Exception):
    """A peer's packages could not be installed; says what pip said."""


def programs(lab: Path, peer: Peer) -> Path:
    """The folder with the peer's `python` and commands. Flowbit's is the one that runs this."""
    if not peer.packages:
        return Path(sys.executable).parent
    home = lab / "environments" / peer.adapter
    stamp, wanted = home / ".installed", "\n".join(peer.packages)
    if not stamp.exists() or stamp.read_text() != wanted:
        _run(sys.executable, "-m", "venv", "--clear", str(home))
        _run(str(home / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", *peer.packages)
        stamp.write_text(wanted)
    return home / "bin"


def _run(*command: str) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        lines = [line for line in ended.stderr.strip().splitlines() if not line.startswith("WARNING")]
        raise NotInstalled(lines[-1] if lines else f"{command[0]} failed")
