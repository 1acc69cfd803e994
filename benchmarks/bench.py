"""`make bench`: the engine beside the bare loop, one run, own servers; a table and one JSON object.

python -m benchmarks.bench --jobs 40000 --repeat 3 --json results.json
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import bare
from benchmarks.parts import some_of
from benchmarks.served import own_servers
from flowbit.embedded import addresses

Figures = dict[str, list[float]]
TURN = 50
"""Single submits before it is the other arm's turn: the machine's speed changes from second to second."""
STEPS = ("enqueue_single", "drain_1", "drain_2", "pickup", "api")
ROWS = {
    "enqueue_single": ("submit one by one", "jobs/s"),
    "enqueue_bulk": ("submit in batches of 500", "jobs/s"),
    "drain_1": ("drain, 1 process", "jobs/s"),
    "drain_2": ("drain, 2 processes", "jobs/s"),
    "pickup_p50": ("idle pickup, p50", "ms"),
    "pickup_p99": ("idle pickup, p99", "ms"),
    "api_submit": ("POST a job, 16 clients", "jobs/s"),
    "api_look": ("GET a job, 16 clients", "jobs/s"),
    "api_batch": ("POST batches of 500", "jobs/s"),
}


def main() -> None:
    options = _options()
    with own_servers() as served:
        figures = measure(options, served.folder)
    report(figures, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=40_000)
    parser.add_argument("--single", type=int, default=2_000)
    parser.add_argument("--requests", type=int, default=4_000)
    parser.add_argument("--pickups", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=1, help="interleaved rounds; medians are shown")
    parser.add_argument("--only", type=some_of(STEPS), default=STEPS, help=f"of {', '.join(STEPS)}, by comma")
    parser.add_argument("--json", type=Path, help="also write the JSON object to this file")
    return parser.parse_args()


Steps = dict[str, Callable[[], dict[str, float]]]


@dataclass(frozen=True)
class Arm:
    """One side: `fresh` empties what it has, each of `steps` measures something of it."""

    fresh: Callable[[], None]
    steps: Steps


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Figures]:
    """`{"bare": {row: [figure per round]}, "flowbit": {...}}`; the two take turns within each round."""
    dsn, redis_url = addresses.database_url(folder), addresses.redis_url(folder)
    arms = {"bare": _bare(options, dsn, redis_url), "flowbit": _flowbit(options)}
    figures: dict[str, Figures] = {arm: {} for arm in arms}
    with ExitStack() as stack:
        if "api" in options.only:
            _add_api(arms, options, folder, stack)
        for _ in range(options.repeat):
            for step in [step for step in STEPS if step in options.only]:
                turns = max(options.single // TURN, 1) if step == "enqueue_single" else 1
                for arm, row, figure in _round(arms, step, turns):
                    figures[arm].setdefault(row, []).append(figure)
    return figures


def _round(arms: dict[str, Arm], step: str, turns: int) -> Iterator[tuple[str, str, float]]:
    """(arm, row, figure); of several turns the rate over all of them."""
    found: dict[tuple[str, str], list[float]] = {}
    for arm in arms.values():
        arm.fresh()
    for _ in range(turns):
        for name, arm in arms.items():
            for row, figure in arm.steps[step]().items():
                found.setdefault((name, row), []).append(figure)
    for (name, row), rates in found.items():
        yield name, row, statistics.harmonic_mean(rates)


def _bare(options: argparse.Namespace, dsn: str, redis_url: str) -> Arm:
    pg, rd = bare.connect(dsn, redis_url)

    def fresh() -> None:
        pg.execute(bare.SCHEMA)
        rd.delete(bare.READY, bare.CLAIMED)

    def single() -> dict[str, float]:
        return {"enqueue_single": bare.enqueue(pg, rd, TURN, 1)}

    def drain(processes: int) -> dict[str, float]:
        bulk = bare.enqueue(pg, rd, options.jobs, 500)
        pg.execute("vacuum (analyze)")
        command = [sys.executable, "-m", "benchmarks.bare", "drain", dsn, redis_url]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(processes)]
        parts = [json.loads(process.communicate()[0]) for process in running]
        busy = [part for part in parts if part["jobs"]]
        seconds = max(part["last"] for part in busy) - min(part["first"] for part in busy)
        return {"enqueue_bulk": bulk, f"drain_{processes}": options.jobs / seconds}

    def pickup() -> dict[str, float]:
        return _percentiles(bare.pickup(dsn, redis_url, options.pickups, 0.02))

    steps = {"enqueue_single": single, "drain_1": lambda: drain(1), "drain_2": lambda: drain(2), "pickup": pickup}
    return Arm(fresh, steps)


def _flowbit(options: argparse.Namespace) -> Arm:
    # These need Django to be set up, and that needs the servers' folder.
    engine = import_module("benchmarks.engine")
    broker = engine.patient_broker()

    def fresh() -> None:
        engine.empty(broker)

    def single() -> dict[str, float]:
        return {"enqueue_single": engine.enqueue_single(TURN)}

    def drain(processes: int) -> dict[str, float]:
        bulk = engine.enqueue_bulk(options.jobs, 500)
        return {"enqueue_bulk": bulk, f"drain_{processes}": engine.drain(broker, options.jobs, processes)}

    def pickup() -> dict[str, float]:
        return _percentiles(engine.pickup(options.pickups, 0.02))

    steps = {"enqueue_single": single, "drain_1": lambda: drain(1), "drain_2": lambda: drain(2), "pickup": pickup}
    return Arm(fresh, steps)


def _add_api(arms: dict[str, Arm], options: argparse.Namespace, folder: Path, stack: ExitStack) -> None:
    """A step more for each arm: its web process, which runs until the end of `stack`."""
    engine, web = import_module("benchmarks.engine"), import_module("benchmarks.web.arm")
    broker = engine.patient_broker()

    def step(served: Any) -> dict[str, float]:
        engine.empty(broker)
        submit = served.submit(options.requests)
        engine.tidy()
        look = served.look(options.requests)
        return {"api_submit": submit, "api_look": look, "api_batch": served.batches(options.jobs)}

    for name, arm in arms.items():
        arm.steps["api"] = partial(step, stack.enter_context(web.serving(name, folder)))


def _percentiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    at = lambda share: ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000  # noqa: E731
    return {"pickup_p50": at(0.5), "pickup_p99": at(0.99)}


def report(figures: dict[str, Figures], options: argparse.Namespace) -> None:
    """The table for people, then the object for programs. Figures and ratios are medians."""
    print(f"{'':26}{'bare':>12}{'flowbit':>12}{'ratio':>8}   {'unit':8}  ratio of each round")
    for row, (label, unit) in ROWS.items():
        if row in figures["bare"]:
            bare, own = (figures[arm][row] for arm in ("bare", "flowbit"))
            ratios = sorted(mine / theirs for mine, theirs in zip(own, bare, strict=True))
            middle = statistics.median(ratios)
            shown = f"{statistics.median(bare):12,.1f}{statistics.median(own):12,.1f}{middle:8.2f}"
            print(f"{label:26}{shown}   {unit:8}  {ratios[0]:.2f} to {ratios[-1]:.2f}")
    made = {
        "machine": {
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "psycopg": psycopg.__version__,
        },
        "jobs": options.jobs,
        "figures": figures,
    }
    text = json.dumps(made)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
