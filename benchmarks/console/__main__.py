"""`make bench-console`: server time of each page of the console, with ten million finished jobs.

python -m benchmarks.console --jobs 1000000 --rounds 20
python -m benchmarks.console --folder /var/tmp/history    # kept, and used again by the next run
"""

import argparse
import json
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.scale.dispatcher import percentile
from benchmarks.served import own_servers

GOAL = 0.150


def main() -> None:
    options = _options()
    with own_servers(options.folder):
        user = _prepared(options.jobs)
        found = import_module("benchmarks.console.pages").measure(user, options.rounds, options.only)
    print(f"{'page':44} {'p50':>8} {'p95':>8} {'queries':>8}")
    for name, (times, queries) in found.items():
        slow = " *" if percentile(times, 0.95) > GOAL else ""
        p50, p95 = (percentile(times, share) * 1000 for share in (0.5, 0.95))
        print(f"{name:44} {p50:5.0f} ms {p95:5.0f} ms {queries:8}{slow}")
    if options.json:
        options.json.write_text(json.dumps(_told(found)) + "\n")


def _prepared(jobs: int) -> Any:
    """Whoever looks at `jobs` finished ones; these are written unless the folder has some."""
    began = time.monotonic()
    if not import_module("jobs.models").Job.objects.exists():
        import_module("benchmarks.console.history").write(jobs)
        print(f"{jobs:,} finished jobs are written ({time.monotonic() - began:.0f} s)", flush=True)
    return import_module("benchmarks.console.around").refresh()


def _told(found: dict[str, tuple[list[float], int]]) -> dict[str, Any]:
    return {
        name: {"p50": percentile(times, 0.5), "p95": percentile(times, 0.95), "queries": queries}
        for name, (times, queries) in found.items()
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=40, help="requests of each page")
    parser.add_argument("--only", default="", help="pages whose name holds this")
    parser.add_argument("--folder", type=Path, help="keep the servers' data there")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
