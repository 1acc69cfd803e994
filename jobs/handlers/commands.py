"""`generic`: an allow-listed command of this machine."""

import os
import re
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from jobs.conf import options
from jobs.context import Context
from jobs.handler import handler
from jobs.handlers import processes
from jobs.outcomes import Discard

SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"
_LOADED_AS_CODE = re.compile(
    r"(LD|DYLD|GIT|NODE|JAVA|JDK|GCONV|GLIBC|MALLOC|_JAVA)_.*|(PYTHON|PERL|RUBY|BASH).*"
    r"|PATH|ENV|IFS|SHELLOPTS|PS4|CDPATH|CLASSPATH|PAGER|EDITOR|VISUAL|BROWSER",
    re.IGNORECASE,
)
"""Variables by which loaders, interpreters and tools find code to run."""


class CommandFailed(Exception):
    """The command ended with another exit code than 0."""


def _splits(command: str) -> str:
    if not shlex.split(command):  # raises ValueError for an open quote
        raise ValueError("names no command")
    return command


def _harmless(name: str) -> str:
    if _LOADED_AS_CODE.fullmatch(name):
        raise ValueError("would change what is executed")
    return name


_NO_NUL = r"^[^\x00]*$"
Command = Annotated[str, Field(max_length=4096, pattern=_NO_NUL, examples=["echo hello"]), AfterValidator(_splits)]
Argument = Annotated[str, Field(max_length=16_384, pattern=_NO_NUL)]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"), AfterValidator(_harmless)]


@handler("generic", timeout="5m", sensitive=("environment",), permission="jobs.operate_queue")
def run_command(
    ctx: Context,
    command: Command,
    args: Annotated[list[Argument], Field(max_length=256)] | None = None,
    environment: Annotated[dict[VariableName, Argument], Field(max_length=64)] | None = None,
) -> dict[str, Any]:
    """Run an allow-listed command, never through a shell. Off until FLOWBIT_GENERIC_COMMANDS names some."""
    argv = [*shlex.split(command), *(args or [])]
    program = _program(argv[0])
    with tempfile.TemporaryDirectory(prefix="flowbit-") as folder:
        ended = processes.run(ctx, [program, *argv[1:]], environment=_scrubbed(environment), folder=Path(folder))
    if ended.exit_code != 0:
        raise CommandFailed(f"{argv[0]} ended with exit code {ended.exit_code}: {ended.output[-2000:]}")
    return {"exit_code": ended.exit_code, "output": ended.output, "left_out": ended.left_out}


def _program(name: str) -> str:
    """The file to execute. Raises Discard: the name is not on the list, or not on this machine."""
    if name not in options().generic_commands:
        raise Discard(f"the command {name[:100]!r} is not allowed on this installation")
    program = shutil.which(name, path=_search_path())
    if program is None:
        raise Discard(f"the command {name!r} is not installed here")
    return program


def _search_path() -> str:
    return os.environ.get("PATH", SEARCH_PATH)


def _scrubbed(given: dict[str, str] | None) -> dict[str, str]:
    return {"LANG": os.environ.get("LANG", "C.UTF-8"), **(given or {}), "PATH": _search_path()}
