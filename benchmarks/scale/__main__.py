"""`make bench-scale`: a million waiting, a million finished, a million through one worker, thousands side by side.

python -m benchmarks.scale --repeat 5
python -m benchmarks.scale --only mixed,crowd
"""

import argparse
import json
import statistics
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.parts import some_of
from benchmarks.scale.dispatcher import arrivals, percentile
from benchmarks.served import Served, own_servers

PARTS = ("cost", "flat", "memory", "crowd", "mixed")
Found = dict[str, Any]


def main() -> None:
    options = _options()
    found: Found = {}
    with own_servers() as served:
        broker = import_module("jobs.broker").patient_broker()
        steps = {"cost": partial(_cost, served), "flat": _flat, "memory": _memory, "crowd": _crowd, "mixed": _mixed}
        for part in options.only:
            found[part] = steps[part](broker, options)
    text = json.dumps(found)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=some_of(PARTS), default=list(PARTS), help="parts, by comma")
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=60_000, help="drained beside many others")
    parser.add_argument("--repeat", type=int, default=5, help="interleaved rounds of `flat`")
    parser.add_argument("--crowd", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each stream of `mixed`")
    parser.add_argument("--json", type=Path, help="also write the JSON object to this file")
    return parser.parse_args()


def _cost(served: Served, broker: Any, options: argparse.Namespace) -> Found:
    found: Found = import_module("benchmarks.scale.cost").per_job(broker, served.processes, options.jobs)
    print("processor time of a job: " + ", ".join(f"{name} {micros:.1f} us" for name, micros in found.items()))
    return found


def _flat(broker: Any, options: argparse.Namespace) -> Found:
    flat = import_module("benchmarks.scale.flat")
    arms = {"nothing": flat.beside_nothing, "waiting": flat.beside_waiting, "finished": flat.beside_finished}
    rates: dict[str, list[float]] = {name: [] for name in arms}
    for _ in range(options.repeat):
        for name, measure in arms.items():
            rates[name].append(measure(broker, options.jobs, options.many))
    for name, found in rates.items():
        ratios = sorted(rate / base for rate, base in zip(found, rates["nothing"], strict=True))
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        print(f"drain beside {name:10} {statistics.median(found):10,.0f}/s  {statistics.median(ratios):.2f}  {spread}")
    return rates


def _memory(broker: Any, options: argparse.Namespace) -> Found:
    early, late = import_module("benchmarks.scale.memory").growth(broker, options.many)
    print(f"a worker's memory: {early:.0f} MiB at first, {late:.0f} MiB after {options.many:,} jobs")
    return {"early_mib": early, "late_mib": late}


def _crowd(broker: Any, options: argparse.Namespace) -> Found:
    most, took = import_module("benchmarks.scale.crowd").side_by_side(broker, options.crowd, 5.0)
    print(f"{options.crowd} sleeping jobs of 5 s in one child: {most} at the same time, all done in {took:.1f} s")
    return {"most": most, "seconds": took}


def _mixed(broker: Any, options: argparse.Namespace) -> Found:
    """Slots half full, and nearly full: 20 slots take 100 jobs a second when a tenth of them lasts two seconds."""
    mixed = import_module("benchmarks.scale.mixed")
    found: Found = {}
    for load in (0.5, 0.95):
        stream = arrivals(100 * load, options.seconds, slow_share=0.1, slow=2.0, seed=7)
        real, ideal = mixed.waits(broker, stream)
        figures = {"real": real, "ideal": ideal}
        found[str(load)] = {
            name: [percentile(waits, share) for share in (0.5, 0.99)] for name, waits in figures.items()
        }
        (own50, own99), (best50, best99) = found[str(load)]["real"], found[str(load)]["ideal"]
        print(
            f"instant jobs among slow ones at {load:.0%} load: p50 {own50 * 1000:.1f} ms (ideal {best50 * 1000:.1f}), "
            f"p99 {own99 * 1000:.1f} ms (ideal {best99 * 1000:.1f})"
        )
    return found


if __name__ == "__main__":
    main()
