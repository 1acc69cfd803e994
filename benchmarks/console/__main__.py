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
    told = {}
    with own_servers(options.folder):
        user = _prepared(options.jobs)
        print(f"{'page':48} {'p50':>8} {'p95':>8} {'queries':>8}")
        for name, times, queries in import_module("benchmarks.console.pages").measure(
            user, options.rounds, options.only
        ):
            p50, p95 = (percentile(times, share) for share in (0.5, 0.95))
            slow = " *" if p95 > GOAL else ""
            print(f"{name:48} {p50 * 1000:5.0f} ms {p95 * 1000:5.0f} ms {queries:8}{slow}", flush=True)
            told[name] = {"p50": p50, "p95": p95, "queries": queries}
    if options.json:
        options.json.write_text(json.dumps(told) + "\n")


def _prepared(jobs: int) -> Any:
    """Whoever looks at `jobs` finished ones; these are written unless the folder has some."""
    began = time.monotonic()
    if not import_module("jobs.models").Job.objects.exists():
        import_module("benchmarks.console.history").write(jobs)
        print(f"{jobs:,} finished jobs are written ({time.monotonic() - began:.0f} s)", flush=True)
    return import_module("benchmarks.console.around").refresh()


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
