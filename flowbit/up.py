"""Everything on one machine: the embedded servers, then migrations and the demo, then the web server, the
scheduler and the workers as child processes. When one part dies, all end.
"""

import contextlib
import http.client
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from flowbit.demo import DEMO_TOKEN, DEMO_USERS
from flowbit.embedded.child import tail
from flowbit.embedded.servers import Servers
from flowbit.env import Env
from flowbit.supervision import Command, Part, PartDied, Say

HOST = "127.0.0.1"
ANSWERS_WITHIN = 60.0
GRACE = 30.0
POLL = 0.1
# Clients have nothing to say over a WebSocket; uvicorn would gather 16 MiB of it.
SMALL_FRAMES = ("--ws-max-size", "4096")
# The library under uvicorn refuses a WebSocket with a line above 8 KiB or with 128 headers, and uvicorn never sends
# that: whoever has a large cookie would wait for ever. uvicorn itself refuses long before these.
LARGE_HEADERS = {"WEBSOCKETS_MAX_LINE_LENGTH": "1048576", "WEBSOCKETS_MAX_NUM_HEADERS": "262144"}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class PortBusy(Exception):
    pass


class WebSilent(Exception):
    pass


@dataclass(frozen=True)
class Plan:
    """What to run, and where. The preparations run one after the other, to their end."""

    folder: Path
    port: int
    postgres: bool
    redis: bool
    environment: Mapping[str, str]
    preparations: tuple[Command, ...]
    web: Command
    workers: tuple[Command, ...]


def make_plan(manage: Path, folder: Path, port: int, *, demo: bool, environment: Mapping[str, str]) -> Plan:
    """The usual whole, for a manage.py. Servers that the environment names are used, not started."""
    env = Env(environment)
    python = (sys.executable, str(manage))
    preparations = []
    if not env.text("AUTO_MIGRATE") or env.flag("AUTO_MIGRATE"):
        preparations.append(Command("migrate", (*python, "migrate", "--no-input")))
    if demo:
        preparations.append(Command("seed", (*python, "seed_demo")))
    web = ("-m", "uvicorn", "flowbit.asgi:application", "--host", HOST, "--port", str(port), *SMALL_FRAMES)
    return Plan(
        folder=folder,
        port=port,
        postgres=not env.text("DATABASE_URL", also=("POSTGRES_URL",)),
        redis=not env.text("REDIS_URL", also=("REDIS_ADDR",)),
        environment=_environment(environment, folder, manage, demo),
        preparations=tuple(preparations),
        web=Command(
            "web", (sys.executable, *web, "--no-access-log", "--lifespan", "off", "--timeout-graceful-shutdown", "5")
        ),
        workers=(
            Command("scheduler", (*python, "runscheduler", *_metrics(env, 0))),
            Command("worker", (*python, "runworker", *_metrics(env, 1))),
        ),
    )


def _metrics(env: Env, place: int) -> tuple[str, ...]:
    """A port for each: they are on one machine, and read the same environment."""
    port = env.integer("METRICS_PORT", None, min=1, max=65534)
    return () if port is None else ("--metrics-port", str(port + place))


def _environment(given: Mapping[str, str], folder: Path, manage: Path, demo: bool) -> dict[str, str]:
    changed = {
        "FLOWBIT_FOLDER": str(folder.resolve()),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": ":".join(filter(None, (str(manage.parent), given.get("PYTHONPATH")))),
    }
    if demo:
        changed["FLOWBIT_DEMO"] = "1"
        changed["ADMIN_TOKEN"] = given.get("ADMIN_TOKEN") or DEMO_TOKEN
        changed["FLOWBIT_TRUST_USER_HEADER"] = given.get("FLOWBIT_TRUST_USER_HEADER") or "loopback"
        changed["API_RATE"] = given.get("API_RATE") or "off"  # whoever tries it out may try how much it takes
    # Done before the parts start.
    changed["AUTO_MIGRATE"] = "0"
    return {**LARGE_HEADERS, **given, **changed}


def run(plan: Plan, say: Say) -> None:
    """Returns after Ctrl-C, SIGTERM or SIGHUP, with everything ended in order.

    Raises PortBusy and EmbeddedError (FolderInUse ...) before anything runs, PartDied and WebSilent after
    everything has ended.
    """
    refuse_busy_port(plan.port)
    embedded = Servers(plan.folder, postgres=plan.postgres, redis=plan.redis)
    with _interruptible() as interrupts, embedded as servers:
        whole = _Whole(plan, servers, say, interrupts)
        try:
            whole.bring_up()
            whole.watch()
        finally:
            interrupts.ignore_further()
            whole.end()


def refuse_busy_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            reason = f"port {port} on {HOST} cannot be used ({error.strerror})"
            raise PortBusy(f"{reason}: choose another one by --port") from None


class _Whole:
    def __init__(self, plan: Plan, servers: Servers, say: Say, interrupts: "_Interrupts") -> None:
        self._interrupts = interrupts
        self._plan = plan
        self._servers = servers
        self._say = say
        self._web: Part | None = None
        self._workers: list[Part] = []

    def bring_up(self) -> None:
        for command in self._plan.preparations:
            self._prepare(command)
        self._web = Part(self._plan.web, self._plan.environment, self._say)
        for command in self._plan.workers:
            self._workers.append(Part(command, self._plan.environment, self._say))
        self._wait_for_web(self._web)
        self._say(announcement(self._plan))

    def watch(self) -> None:
        """Until a part dies, which raises PartDied, or a signal raises KeyboardInterrupt."""
        while True:
            self._check()
            time.sleep(POLL)

    def end(self) -> None:
        """The workers first, so that what they settle still finds everything there."""
        for group in (self._workers, [self._web] if self._web else []):
            for part in group:
                part.ask_to_end()
            for part in group:
                part.end(GRACE)

    def _prepare(self, command: Command) -> None:
        part = Part(command, self._plan.environment, self._say)
        self._workers = [part]  # to be ended with, if we are interrupted meanwhile
        part.finish()
        self._workers = []

    def _wait_for_web(self, web: Part) -> None:
        deadline = time.monotonic() + ANSWERS_WITHIN
        while not _answers(self._plan.port):
            self._check()
            if time.monotonic() > deadline:
                raise WebSilent(f"web does not answer at /health; its last lines:\n{web.last_lines()}")
            time.sleep(POLL)

    def _check(self) -> None:
        self._interrupts.raise_again()
        self._let_go()
        for part in [*self._workers, *([self._web] if self._web else [])]:
            part.check()
        for name, process in self._servers.processes:
            if (code := process.poll()) is not None:
                raise PartDied(name, code, tail(self._servers.logs[name]))

    def _let_go(self) -> None:
        """A worker whose processes were all drained has ended as it was told to: no death, and no cause to end."""
        for part in [part for part in self._workers if part.process.poll() == 0]:
            self._workers.remove(part)
            part.end(GRACE)
            self._say(f"{part.name} has ended in good order; all else goes on")


def _answers(port: int) -> bool:
    """Whether /health answers, and not with 5xx, which it does as long as something is missing."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class _Interrupts:
    """The first signal to end raises KeyboardInterrupt; further ones do not disturb the ending."""

    def __init__(self) -> None:
        self._came = False
        self._ending = False

    def hear(self, _number: int, _frame: FrameType | None) -> None:
        if not self._ending:
            self._came = self._ending = True
            raise KeyboardInterrupt

    def ignore_further(self) -> None:
        self._ending = True

    def raise_again(self) -> None:
        """Python drops what is raised while an object is being destroyed, and a signal may come just then."""
        if self._came:
            raise KeyboardInterrupt


@contextlib.contextmanager
def _interruptible() -> Iterator[_Interrupts]:
    """A signal to end, heard within, ends here."""
    interrupts = _Interrupts()
    before = {number: signal.signal(number, interrupts.hear) for number in SIGNALS}
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_TRUST = (
    "  users:     X-User-Id (or the cookie flowbit_session) is believed, from this machine only;\n"
    "             a request without any credential submits as the user demo"
)


def announcement(plan: Plan) -> str:
    address = f"http://{HOST}:{plan.port}"
    demo = plan.environment.get("FLOWBIT_DEMO") == "1"
    token = plan.environment.get("ADMIN_TOKEN", "")
    shown = token if token == DEMO_TOKEN else "$ADMIN_TOKEN"
    metrics = Env(plan.environment).integer("METRICS_PORT", None)
    logins = ", ".join(f"{user} / {password}" for user, password, _ in DEMO_USERS)
    lines = [
        "",
        f"Flowbit runs at {address}/ (data in {plan.folder}; Ctrl-C ends everything)",
        f"  sign in:   {logins}" if demo else "  first user: python manage.py createsuperuser",
        *([_TRUST] if plan.environment.get("FLOWBIT_TRUST_USER_HEADER") == "loopback" else []),
        *([f"  metrics:   scheduler at port {metrics}, worker at port {metrics + 1}"] if metrics else []),
        "  first job:",
        f"curl -s -X POST {address}/api/v1/jobs -H 'Authorization: Bearer {shown}' "
        "-H 'Content-Type: application/json' "
        """-d '{"type":"echo","payload":{"message":"hello flowbit"}}'""",
        "",
    ]
    return "\n".join(lines)
