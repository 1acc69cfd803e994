import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from jobs.context import Context
from jobs.errors import Invalid
from jobs.handlers import processes
from jobs.handlers.commands import CommandFailed, run_command
from jobs.outcomes import Cancel, Discard, TimedOut
from tests.jobs.handlers.conftest import Run


@pytest.fixture(autouse=True)
def allowed(set_options: Callable[..., None]) -> None:
    set_options(generic_commands=("echo", "sh", "env", "pwd", "no-such-command"))


class TestAllowList:
    @pytest.mark.parametrize("payload", [{"command": "echo hello"}, {"command": "echo", "args": ["hello"]}])
    def test_runs_what_is_on_it(self, run: Run, payload: dict[str, object]) -> None:
        assert run(run_command, payload) == {"exit_code": 0, "output": "hello\n", "left_out": 0}

    @pytest.mark.parametrize("command", ["ls", "/bin/echo", "./echo", "ECHO", "echo;ls", "$(echo)", "../bin/echo"])
    def test_refuses_everything_else(self, run: Run, command: str) -> None:
        with pytest.raises(Discard, match="not allowed"):
            run(run_command, {"command": command})

    def test_refuses_all_by_default(self, run: Run, set_options: Callable[..., None]) -> None:
        set_options(generic_commands=())
        with pytest.raises(Discard, match="not allowed"):
            run(run_command, {"command": "echo"})

    def test_what_is_not_installed_is_final(self, run: Run) -> None:
        with pytest.raises(Discard, match="not installed"):
            run(run_command, {"command": "no-such-command"})

    @pytest.mark.parametrize("command", ["", "   ", "echo 'open", "echo \0", 7])
    def test_what_is_no_command_is_refused(self, run: Run, command: object) -> None:
        with pytest.raises(Invalid, match="payload.command"):
            run(run_command, {"command": command})


class TestSurroundings:
    def test_no_shell_reads_the_command(self, run: Run) -> None:
        assert run(run_command, {"command": "echo $HOME; id `id` *"})["output"] == "$HOME; id `id` *\n"

    def test_the_environment_is_scrubbed(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SECRET_KEY", "do-not-show")
        lines = run(run_command, {"command": "env", "environment": {"COLOUR": "blue"}})["output"].splitlines()
        assert {line.partition("=")[0] for line in lines} == {"PATH", "LANG", "COLOUR"}

    @pytest.mark.parametrize(
        "name",
        [
            "PATH",
            "LD_PRELOAD",
            "ld_preload",
            "DYLD_X",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "BASH_ENV",
            "ENV",
            "IFS",
        ]
        + [
            "GIT_SSH_COMMAND",
            "NODE_OPTIONS",
            "PERL5OPT",
            "RUBYOPT",
            "JAVA_TOOL_OPTIONS",
            "A-B",
            "A=B",
            "1A",
            "",
            "A B",
        ],
    )
    def test_variables_that_load_code_are_refused(self, run: Run, name: str) -> None:
        with pytest.raises(Invalid, match="payload.environment"):
            run(run_command, {"command": "env", "environment": {name: "x"}})

    @pytest.mark.parametrize("name", ["LDAP_URL", "GITHUB_REF", "COLOUR", "_x1"])
    def test_other_variables_are_taken(self, run: Run, name: str) -> None:
        assert f"{name}=x" in run(run_command, {"command": "env", "environment": {name: "x"}})["output"]

    def test_it_has_an_empty_folder_and_no_input(self, run: Run) -> None:
        output = run(run_command, {"command": "sh", "args": ["-c", "pwd; ls -A | wc -l; cat"]})["output"]
        folder, count = output.split()
        assert count == "0" and not Path(folder).exists()


class TestEnd:
    def test_another_exit_code_raises_with_the_end_of_the_output(self, run: Run) -> None:
        with pytest.raises(CommandFailed, match="sh ended with exit code 3: out\nerr"):
            run(run_command, {"command": "sh", "args": ["-c", "echo out; echo err >&2; exit 3"]})

    def test_only_the_end_of_a_flood_is_kept(self, run: Run) -> None:
        script = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done"
        result = run(run_command, {"command": "sh", "args": ["-c", script]})
        assert result["output"].endswith("line 19999\n")
        assert len(result["output"]) <= 16 * 1024 < result["left_out"]

    def test_bytes_that_are_no_text_are_replaced(self, run: Run) -> None:
        output = run(run_command, {"command": "sh", "args": ["-c", r"printf 'a\0b\377c'"]})["output"]
        assert output == "a�b�c"

    def test_a_child_left_behind_is_killed(self, run: Run) -> None:
        output = run(run_command, {"command": "sh", "args": ["-c", "sleep 600 & echo $!"]})["output"]
        assert_gone(int(output))

    def test_a_program_that_closes_its_output_is_waited_for(self, run: Run) -> None:
        with pytest.raises(CommandFailed, match="exit code 5"):
            run(run_command, {"command": "sh", "args": ["-c", "exec >&- 2>&-; sleep 0.2; exit 5"]})

    def test_cancelling_kills_the_whole_group(self, tmp_path: Path, make_context: Callable[..., Context]) -> None:
        ctx = make_context()
        with pytest.raises(Cancel):
            start_and(lambda: setattr(ctx, "cancelled", True), ctx, tmp_path)
        assert_gone(*recorded(tmp_path))

    def test_so_does_an_interrupt(self, tmp_path: Path, make_context: Callable[..., Context]) -> None:
        def interrupt(signum: int, frame: object) -> None:
            raise TimedOut("too long")

        before = signal.signal(signal.SIGUSR1, interrupt)
        try:
            with pytest.raises(TimedOut):
                start_and(lambda: os.kill(os.getpid(), signal.SIGUSR1), make_context(), tmp_path)
        finally:
            signal.signal(signal.SIGUSR1, before)
        assert_gone(*recorded(tmp_path))

    def test_an_interrupt_at_any_moment_leaves_nothing_behind(
        self, tmp_path: Path, make_context: Callable[..., Context]
    ) -> None:
        def interrupt(signum: int, frame: object) -> None:
            raise TimedOut("too long")

        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            for microseconds in range(100, 6000, 100):
                with pytest.raises(TimedOut):
                    signal.setitimer(signal.ITIMER_REAL, microseconds / 1e6)
                    processes.run(
                        make_context(), ["/bin/sh", "-c", "sleep 600 & wait"], environment={}, folder=tmp_path
                    )
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert_gone(*[process.pid for process in psutil.process_iter() if runs_in(process, tmp_path)])


def runs_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.cwd() == str(folder)
    except psutil.Error:
        return False


def start_and(then: Callable[[], None], ctx: Context, folder: Path) -> None:
    """Run a program with a child, both of which want to live for long; call `then` once both are there."""
    os.mkfifo(folder / "ready")

    def wait() -> None:
        (folder / "pids").write_text((folder / "ready").read_text())
        then()

    threading.Thread(target=wait, daemon=True).start()
    script = "trap '' TERM INT HUP; sleep 600 & echo $$ $! > ready; wait"
    processes.run(ctx, ["/bin/sh", "-c", script], environment={"PATH": os.environ["PATH"]}, folder=folder)


def recorded(folder: Path) -> list[int]:
    return [int(pid) for pid in (folder / "pids").read_text().split()]


def assert_gone(*pids: int) -> None:
    """None of them runs; a zombie that its new parent has not reaped yet does not."""
    for pid in pids:
        try:
            process = psutil.Process(pid)
            process.wait(5) if process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            continue
        except psutil.TimeoutExpired:
            assert process.status() == psutil.STATUS_ZOMBIE
