"""`make bench-peers`: other job queues and Flowbit on the same work, in turns, on servers of their own.

python -m benchmarks.peers flowbit pgqueuer --rounds 5 --json results.json
"""

import argparse
import dataclasses
import json
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.peers.catalogue import PEERS
from benchmarks.peers.environments import NotInstalled, programs
from benchmarks.peers.measure import Bench, Failed
from benchmarks.peers.peer import Peer
from benchmarks.peers.stores import Stores
from benchmarks.peers.table import Row, markdown
from flowbit.embedded.servers import Servers

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flowbit-peers"


def main() -> None:
    options = _options()
    installed = _install(options)
    rows = _load(options.json)
    with tempfile.TemporaryDirectory(prefix="flowbit-peers-") as folder:
        servers = Servers(Path(folder) / "servers")
        servers.start()
        try:
            stores = Stores(servers.folder)
            benches = [Bench(peer, where, stores, Path(folder)) for peer, where in installed.items()]
            for number in range(options.rounds):
                _round(benches[:: -1 if number % 2 else 1], rows)
                _save(options.json, rows)
            stores.close()
        finally:
            servers.erase()
    print(markdown(list(rows.values())))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", nargs="*", metavar="PEER", help=", ".join(peer.name for peer in PEERS))
    parser.add_argument("--rounds", type=int, default=3, help="medians are shown; every other one in reverse order")
    parser.add_argument("--jobs", type=int, help="drain so many, whatever the peer (default: each has its number)")
    parser.add_argument("--lab", type=Path, default=CACHE, help=f"where the environments are kept ({CACHE})")
    parser.add_argument("--json", type=Path, help="add the figures to this file, and show all that are in it")
    options = parser.parse_args()
    unknown = set(options.peers) - {peer.name for peer in PEERS}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return options


def _install(options: argparse.Namespace) -> dict[Peer, Path]:
    """The peers that can be measured; why another cannot is said."""
    found = {}
    for peer in PEERS:
        if options.peers and peer.name not in options.peers:
            continue
        try:
            where = programs(options.lab, peer)
        except NotInstalled as reason:
            _say(f"{peer.name} is left out, its packages cannot be installed: {reason}")
            continue
        found[dataclasses.replace(peer, jobs=options.jobs or peer.jobs)] = where
    return found


def _round(benches: list[Bench], rows: dict[str, Row]) -> None:
    for bench in benches:
        peer = bench.peer
        try:
            figures, kept = bench.turn()
        except Failed as reason:
            _say(f"{peer.name} failed: {reason}")
            continue
        rows.setdefault(peer.name, Row(peer.name, peer.version, peer.store, peer.kept.how_long)).add(figures, kept)
        _say(f"{peer.name:16}" + "".join(f"{what:>10}{rate:10,.0f}/s" for what, rate in figures.items()))


def _load(path: Path | None) -> dict[str, Row]:
    if path is None or not path.exists():
        return {}
    return {row["name"]: Row(**row) for row in json.loads(path.read_text())}


def _save(path: Path | None, rows: dict[str, Row]) -> None:
    if path is not None:
        path.write_text(json.dumps([dataclasses.asdict(row) for row in rows.values()], indent=1) + "\n")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
