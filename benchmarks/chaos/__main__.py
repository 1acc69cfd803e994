"""`make chaos`: one run, a table, one JSON object; exit code 0 when every promise was kept, else 1.

python -m benchmarks.chaos --jobs 50000 --seed 7 --minutes 10
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

import django
from django.core.management import call_command

from benchmarks.chaos.settings import Told, environment
from flowbit.embedded.servers import Servers

_JOBS_PER_FAULT = 400
_LEAST_FAULTS = 15


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, _end)
    folder = Path(tempfile.mkdtemp(prefix="flowbit-chaos-"))
    made = environment(folder)
    os.environ.clear()
    os.environ.update(made)
    try:
        django.setup()
        call_command("chaos", told=_told(options, folder))
    finally:
        _keep(folder, options.keep)
        Servers(folder).erase()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=50_000)
    parser.add_argument("--seed", type=int, help="the same jobs and faults again; drawn and shown when left out")
    parser.add_argument(
        "--faults", type=int, help="how many; by default one for each 400 jobs, every sort at least once"
    )
    parser.add_argument("--clients", type=int, default=3, help="processes that submit")
    parser.add_argument("--minutes", type=float, default=10.0, help="what is not done by then has failed")
    parser.add_argument("--keep", type=Path, help="copy logs, journals and the ledger to this folder")
    return parser.parse_args()


def _told(options: argparse.Namespace, folder: Path) -> Told:
    seed = random.randrange(1_000_000) if options.seed is None else options.seed  # noqa: S311 - chance, not secrets
    faults = max(options.jobs // _JOBS_PER_FAULT, _LEAST_FAULTS) if options.faults is None else options.faults
    print(f"seed {seed}: {options.jobs} jobs, {faults} faults, at most {options.minutes:g} minutes", flush=True)
    return Told(seed, options.jobs, faults, options.clients, options.minutes, folder)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _keep(folder: Path, target: Path | None) -> None:
    if target is not None:
        shutil.copytree(folder, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("postgres", "lock"))


if __name__ == "__main__":
    main()
