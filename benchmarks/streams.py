"""`make bench-streams`: open WebSockets while jobs flow: what they cost the web process, and how late events come.

python -m benchmarks.streams --sockets 200 --rate 5000 --seconds 20
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
from websockets.asyncio.client import ClientConnection, unix_connect

from benchmarks.served import Served, own_servers

PATHS = ("/ws/events", "/ws/events?changes=1")
PROBE = "queue.probe"
PROBES_EVERY = 0.1
BATCH = 250
WARM = 2.0


def main() -> None:
    if sys.argv[1:2] == ["listen"]:
        asyncio.run(listen(*sys.argv[2:]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--rate", type=int, default=5000, help="jobs per second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--processes", type=int, default=2, help="worker processes")
    options = parser.parse_args()
    with own_servers() as served:
        print(json.dumps(measure(served, options), indent=1))


def measure(served: Served, options: argparse.Namespace) -> dict[str, Any]:
    # These need Django to be set up, and that needs the servers' folder.
    engine = import_module("benchmarks.engine")
    token = _token()
    engine.empty(engine.patient_broker())
    seconds = str(options.seconds + 2 * WARM)
    with web(served.folder) as process, engine.running("--processes", str(options.processes)):
        idle = process.memory_info().rss
        command = [sys.executable, "-m", "benchmarks.streams", "listen", str(_socket(served.folder)), token]
        ears = subprocess.Popen([*command, str(options.sockets), seconds], stdout=subprocess.PIPE, text=True)
        assert ears.stdout is not None and ears.stdout.readline() == "ready\n"
        before, began = process.cpu_times(), time.monotonic()
        sent, jobs = flow(options.rate, options.seconds)
        after, took = process.cpu_times(), time.monotonic() - began
        memory = process.memory_info().rss
        done = engine.patient_broker().totals("default").get(f"{engine.TYPE}|outcome.succeeded", 0)
        heard = json.loads(ears.communicate()[0])
    busy = (after.user + after.system - before.user - before.system) / took
    return {
        "sockets": options.sockets,
        "jobs submitted per second": round(jobs / took),
        "jobs settled per second, until then": round(done / took),
        "processor of the web process": f"{busy:.0%} of one",
        "memory of the web process, MB": {"without sockets": idle // 10**6, "with": memory // 10**6},
        "delay of events, ms": {path: delays(heard["came"][path], sent) for path in PATHS},
        "messages per second and socket": {
            path: round(heard["messages"][path] / (options.sockets / len(PATHS)) / took, 2) for path in PATHS
        },
        "sockets lost": heard["lost"],
    }


def flow(rate: int, seconds: float) -> tuple[list[float], int]:
    """Submit at that rate, and say something ten times a second: when each of these was said, and how many jobs."""
    engine, services, announce = (
        import_module(name) for name in ("benchmarks.engine", "jobs.services", "jobs.services.announce")
    )
    sent: list[float] = []
    jobs, began = 0, time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        if passed >= len(sent) * PROBES_EVERY:
            sent.append(time.time())
            announce.happened(PROBE, queue="default")
        if jobs <= passed * rate:
            services.enqueue_many([services.JobRequest(type=engine.TYPE, payload={"n": n}) for n in range(BATCH)])
            jobs += BATCH
        else:
            time.sleep(0.005)
    return sent, jobs


def delays(came: list[list[float]], sent: list[float]) -> dict[str, float]:
    """Of all probes to all sockets; `came` holds for each socket when its first, second, ... probe came."""
    found = sorted((when - said) * 1000 for times in came for when, said in zip(times, sent, strict=False))
    missing = sum(len(sent) - len(times) for times in came)
    at = {name: round(found[int(share * (len(found) - 1))], 1) for name, share in (("p50", 0.5), ("p95", 0.95))}
    return {**at, "most": round(found[-1], 1), "missing": missing}


async def listen(path: str, token: str, sockets: str, seconds: str) -> None:
    """In a process of its own: open the sockets, say so, and tell after so many seconds what they heard."""
    heard: dict[str, Any] = {
        "came": {one: [] for one in PATHS}, "messages": dict.fromkeys(PATHS, 0), "lost": 0,
    }  # fmt: skip
    ready = asyncio.Barrier(int(sockets) + 1)
    ears = [asyncio.create_task(_ear(path, token, PATHS[n % len(PATHS)], heard, ready)) for n in range(int(sockets))]
    await ready.wait()
    print("ready", flush=True)
    await asyncio.sleep(float(seconds))
    for ear in ears:
        ear.cancel()
    await asyncio.gather(*ears, return_exceptions=True)
    print(json.dumps(heard))


async def _ear(path: str, token: str, kind: str, heard: dict[str, Any], ready: asyncio.Barrier) -> None:
    headers = {"X-API-Key": token}
    async with unix_connect(path, f"ws://localhost{kind}", additional_headers=headers, open_timeout=60) as connection:
        assert json.loads(await connection.recv())["type"] == "hello"
        times: list[float] = []
        heard["came"][kind].append(times)
        await ready.wait()
        try:
            await _hear(connection, kind, times, heard)
        except asyncio.CancelledError:
            raise
        except Exception:
            heard["lost"] += 1


async def _hear(connection: ClientConnection, kind: str, times: list[float], heard: dict[str, Any]) -> None:
    while True:
        message = json.loads(await connection.recv())
        now = time.time()
        heard["messages"][kind] += 1
        times += [now] * _probes(message)


def _probes(message: dict[str, Any]) -> int:
    if message["type"] == "changed":
        return int(message["kinds"].get(PROBE, 0))
    named = sum(one["kind"] == PROBE for one in message.get("events", ()))
    return named + sum(one["count"] for one in message.get("counts", ()) if one["kind"] == PROBE)


@contextmanager
def web(folder: Path) -> Iterator[psutil.Process]:
    """A web process that listens at a socket in `folder`."""
    path = _socket(folder)
    command = [sys.executable, "-m", "uvicorn", "flowbit.asgi:application", "--uds", str(path), "--lifespan", "off"]
    environment = {**os.environ, "STREAMS_PER_IDENTITY": "10000"}
    process = subprocess.Popen([*command, "--log-level", "warning"], env=environment)
    try:
        while not path.exists():
            time.sleep(0.05)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def _socket(folder: Path) -> Path:
    return folder / "web.sock"


def _token() -> str:
    """A key that may look at everything."""
    models, api_keys, audit = (
        import_module(name) for name in ("django.contrib.auth.models", "jobs.services.api_keys", "jobs.services.audit")
    )
    user = models.User.objects.create_superuser("listener")
    wanted = api_keys.Wanted(name="listener", scopes=["jobs:read"])
    return str(api_keys.make(user, wanted, audit.Actor.shell(), None).token)


if __name__ == "__main__":
    main()
