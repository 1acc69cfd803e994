"""`manage.py up` with real processes; small programs stand for the parts."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from flowbit import up
from flowbit.embedded.errors import FolderInUse
from flowbit.embedded.servers import Servers
from flowbit.supervision import Command, Part, PartDied

WEB = """
import http.server, sys
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""
WAITS = "import signal; print('ready', flush=True); signal.pause()"
STUBBORN = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
print("child", child.pid, flush=True)
signal.pause()
"""
PARENT = """
import os, sys
from flowbit.supervision import Command, Part
waits = "import signal; print('ready', flush=True); signal.pause()"
tell = lambda _: print(part.process.pid, flush=True)
part = Part(Command("part", (sys.executable, "-c", waits)), os.environ, tell)
sys.stdin.read()
"""


def python(name: str, program: str, *arguments: str) -> Command:
    return Command(name, (sys.executable, "-c", program, *arguments))


class Output:
    """Collects lines, and lets a test wait for one."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()

    def __call__(self, line: str) -> None:
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()

    def wait_for(self, text: str) -> str:
        def found() -> str | None:
            return next((line for line in self.lines if text in line), None)

        with self._changed:
            line = self._changed.wait_for(found, timeout=60)
        assert line is not None, f"{text!r} did not come; there is {self.lines}"
        return line


@pytest.fixture
def port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def plan(port: int) -> Iterator[up.Plan]:
    """Everything but PostgreSQL, which takes a second to make."""
    folder = Path(tempfile.mkdtemp(prefix="flowbit-test-"))
    yield up.Plan(
        folder=folder,
        port=port,
        postgres=False,
        redis=True,
        environment={**os.environ, "FLOWBIT_DEMO": "1", "ADMIN_TOKEN": "dev-admin-token"},
        preparations=(python("migrate", "print('migrated')"),),
        web=python("web", WEB, str(port)),
        workers=(python("scheduler", WAITS), python("worker", WAITS)),
    )
    Servers(folder).erase()


def test_the_plan_starts_only_servers_that_the_environment_does_not_name(tmp_path: Path) -> None:
    def planned(**environment: str) -> tuple[bool, bool]:
        plan = up.make_plan(tmp_path / "manage.py", tmp_path, 8000, demo=True, environment=environment)
        return plan.postgres, plan.redis

    assert planned() == (True, True)
    assert planned(DATABASE_URL="postgresql://host/app") == (False, True)
    assert planned(POSTGRES_URL="postgresql://host/app", REDIS_ADDR="host:6379") == (False, False)
    assert planned(DATABASE_URL=" ", REDIS_URL="") == (True, True)


def test_little_is_taken_in_over_a_websocket_here_and_in_production(tmp_path: Path) -> None:
    plan = up.make_plan(tmp_path / "manage.py", tmp_path, 8000, demo=False, environment={})
    unit = (settings.BASE_DIR / "deploy" / "flowbit-web.service").read_text()
    assert "--ws-max-size 4096" in " ".join(plan.web.arguments)
    assert "--ws-max-size 4096" in unit


def test_whoever_has_a_large_cookie_may_open_a_websocket_here_and_in_production(tmp_path: Path) -> None:
    plan = up.make_plan(tmp_path / "manage.py", tmp_path, 8000, demo=False, environment={})
    unit = (settings.BASE_DIR / "deploy" / "flowbit-web.service").read_text()
    for name, value in up.LARGE_HEADERS.items():
        assert plan.environment[name] == value
        assert f"Environment={name}={value}\n" in unit


def test_the_demo_is_in_the_environment_only_when_wanted(tmp_path: Path) -> None:
    manage = tmp_path / "manage.py"
    demo = up.make_plan(manage, tmp_path, 8000, demo=True, environment={})
    assert demo.environment["FLOWBIT_DEMO"] == "1"
    assert demo.environment["ADMIN_TOKEN"] == "dev-admin-token"
    assert demo.environment["FLOWBIT_TRUST_USER_HEADER"] == "loopback"
    assert "X-User-Id" in up.announcement(demo)
    assert [command.name for command in demo.preparations] == ["migrate", "seed"]
    plain = up.make_plan(manage, tmp_path, 8000, demo=False, environment={"DEBUG": "1"})
    assert plain.environment["FLOWBIT_FOLDER"] == str(tmp_path)
    assert plain.environment["DEBUG"] == "1"
    assert "X-User-Id" not in up.announcement(plain)
    assert not {"FLOWBIT_DEMO", "ADMIN_TOKEN", "FLOWBIT_TRUST_USER_HEADER"} & set(plain.environment)
    assert [command.name for command in plain.preparations] == ["migrate"]


def test_a_token_of_ones_own_is_used_and_not_shown(tmp_path: Path) -> None:
    environment = {"ADMIN_TOKEN": "very-secret"}
    plan = up.make_plan(tmp_path / "manage.py", tmp_path, 8000, demo=True, environment=environment)
    assert plan.environment["ADMIN_TOKEN"] == "very-secret"
    assert "very-secret" not in up.announcement(plan)


def test_a_busy_port_is_told_before_anything_starts(plan: up.Plan) -> None:
    output = Output()
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", plan.port))
        other.listen()
        with pytest.raises(up.PortBusy, match=f"port {plan.port} on 127.0.0.1"):
            up.run(plan, output)
    assert output.lines == []
    assert list(plan.folder.iterdir()) == []


def test_a_folder_in_use_is_refused(plan: up.Plan) -> None:
    with Servers(plan.folder, postgres=False), pytest.raises(FolderInUse, match=f"process {os.getpid()}"):
        up.run(plan, Output())


@pytest.mark.parametrize("name", ["web", "scheduler", "worker"])
def test_a_part_that_dies_is_named_and_everything_ends(plan: up.Plan, name: str) -> None:
    dying = python(name, "print('out of luck'); raise SystemExit(7)")
    if name == "web":
        plan = replace(plan, web=dying)
    else:
        plan = replace(plan, workers=tuple(dying if part.name == name else part for part in plan.workers))
    with pytest.raises(PartDied, match=rf"{name} ended with exit code 7(?s:.*)out of luck"):
        up.run(plan, Output())
    assert children() == []


def test_a_worker_that_was_drained_ends_nothing_else(plan: up.Plan) -> None:
    output = Output()
    drained = python("worker", "print('drained')")
    plan = replace(plan, workers=tuple(drained if part.name == "worker" else part for part in plan.workers))

    def look() -> None:
        output.wait_for("worker has ended in good order")
        output.wait_for("Flowbit runs at")
        os.kill(os.getpid(), signal.SIGTERM)

    with acting(look):
        up.run(plan, output)
    assert children() == []


def test_a_preparation_that_fails_is_named_and_nothing_else_starts(plan: up.Plan) -> None:
    output = Output()
    broken = replace(plan, preparations=(python("migrate", "raise SystemExit('no such table')"),))
    with pytest.raises(PartDied, match=r"migrate ended with exit code 1(?s:.*)no such table"):
        up.run(broken, output)
    assert not any("worker" in line for line in output.lines)
    assert children() == []


def test_a_server_that_is_killed_is_named(plan: up.Plan) -> None:
    output = Output()

    def kill_redis() -> None:
        output.wait_for("Flowbit runs at")
        next(child for child in children() if child.name().startswith("redis")).kill()

    with acting(kill_redis), pytest.raises(PartDied, match="redis ended with signal SIGKILL"):
        up.run(plan, output)
    assert children() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_in_order(plan: up.Plan, number: int) -> None:
    output = Output()
    before = signal.getsignal(signal.SIGINT)
    says_when = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye')));"
    plan = replace(
        plan,
        workers=(python("worker", says_when + WAITS),),
        web=python("web", says_when + WEB, str(plan.port)),
    )

    def interrupt() -> None:
        output.wait_for("worker    | ready")
        output.wait_for("Flowbit runs at")
        os.kill(os.getpid(), number)

    with acting(interrupt):
        up.run(plan, output)
    assert [line for line in output.lines if "bye" in line] == ["worker    | bye", "web       | bye"]
    assert "migrate   | migrated" in output.lines
    assert children() == []
    assert signal.getsignal(signal.SIGINT) is before


class Dropped:
    """Python drops what is raised while an object is being destroyed."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_python_drops_ends_everything_all_the_same(plan: up.Plan) -> None:
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if "Flowbit runs at" in text:
            Dropped()

    up.run(plan, say)
    assert any("Flowbit runs at" in text for text in said)
    assert children() == []


def test_a_part_that_does_not_listen_is_killed_with_its_children() -> None:
    output = Output()
    part = Part(python("worker", STUBBORN), os.environ, output)
    grandchild = psutil.Process(int(output.wait_for("child").split()[-1]))
    part.ask_to_end()
    part.end(grace=0.1)
    assert part.process.returncode == -signal.SIGKILL
    assert psutil.wait_procs([grandchild], timeout=60)[1] == []


def test_parts_end_when_their_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    part = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    assert psutil.wait_procs([part], timeout=60)[1] == []


@contextmanager
def acting(act: Callable[[], None]) -> Iterator[None]:
    """Runs *act* beside the test. If it fails, the test is interrupted and fails too."""

    def run() -> None:
        try:
            act()
        except BaseException:
            os.kill(os.getpid(), signal.SIGINT)
            raise

    with ThreadPoolExecutor(1) as pool:
        actor = pool.submit(run)
        yield
    actor.result()


OTHERS: set[int] = set()


@pytest.fixture(autouse=True)
def _others() -> None:
    """What runs before the test, the tests' own servers among it, is none of its business."""
    OTHERS.clear()
    OTHERS.update(child.pid for child in psutil.Process().children(recursive=True))


def children() -> list[psutil.Process]:
    """Processes that the test started, at any remove, and that still run."""
    return [child for child in psutil.Process().children(recursive=True) if child.pid not in OTHERS and _lives(child)]


def _lives(child: psutil.Process) -> bool:
    try:
        return child.is_running() and child.ppid() not in OTHERS
    except psutil.NoSuchProcess:
        return False
