import io
from pathlib import Path

import pytest

from jobs import artifacts as store
from jobs.outcomes import Discard


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/etc/passwd",
        "uploads",
        "uploads/",
        "uploads/../files/_/a/b",
        "uploads/./a",
        "uploads//a",
        "../uploads/a",
        "files/acme/../other/a",
        "files/other/a/b.png",
        "files/acme2/a/b.png",
        "files/_/a/b.png",
        "files/ACME/a/b.png",
        "thumbnails/other/a",
        "reports/daily.csv",
        "results/1.json",
        "uploads\\..\\x",
        "uploads/a\0b",
        "uploads/a\nb",
        "uploads/" + "x" * 500,
        "~/x",
    ],
)
def test_a_tenant_may_not_read(path: str) -> None:
    with pytest.raises(Discard):
        store.readable(path, "acme")


@pytest.mark.parametrize(
    "path",
    ["uploads/a.png", "uploads/2024/Übersicht (1).png", "files/acme/a/b.png", "reports/acme/daily.csv"],
)
def test_a_tenant_may_read(path: str) -> None:
    assert store.readable(path, "acme") == path


@pytest.mark.parametrize("tenant", ["../x", "a/b", "_", ".", "..", "ä", "a b", "x" * 200, "~", "-"])
def test_a_strange_tenant_gets_one_segment_of_its_own(tenant: str) -> None:
    folder = store.space(tenant, None)
    assert folder.startswith("~") and "/" not in folder and len(folder) == 41
    assert folder != store.space(tenant + "x", None)


def test_tenants_keep_their_plain_names() -> None:
    assert [store.space(name, 17) for name in ("acme", "a.b-c_d")] == ["acme", "a.b-c_d"]


def test_without_a_tenant_each_owner_has_a_space() -> None:
    assert [store.space("", owner) for owner in (None, 1, 17)] == ["_", "_1", "_17"]
    assert store.space("_17", None).startswith("~")
    assert store.readable("reports/_17/daily.csv", "_17")
    for path in ("reports/_1/daily.csv", "reports/_/daily.csv", "files/acme/a/b.png"):
        with pytest.raises(Discard):
            store.readable(path, "_17")


def test_what_is_there_whole_is_kept(artifacts: Path) -> None:
    first = store.keep("files/_/a/x.bin", io.BytesIO(b"whole"), 5)
    assert store.keep("files/_/a/x.bin", io.BytesIO(b"whole"), 5) == first
    assert [path.name for path in (artifacts / "files/_/a").iterdir()] == ["x.bin"]


def test_what_an_earlier_attempt_left_half_is_replaced(artifacts: Path) -> None:
    store.keep("files/_/a/x.bin", io.BytesIO(b"wh"), 2)
    assert store.keep("files/_/a/x.bin", io.BytesIO(b"whole"), 5) == "files/_/a/x.bin"
    assert (artifacts / "files/_/a/x.bin").read_bytes() == b"whole"


def test_replace_leaves_one_file(artifacts: Path) -> None:
    for content in (b"first", b"second"):
        assert store.replace("reports/_/x.csv", io.BytesIO(content)) == "reports/_/x.csv"
    assert [path.read_bytes() for path in (artifacts / "reports/_").iterdir()] == [b"second"]


@pytest.mark.usefixtures("artifacts")
def test_a_missing_file_is_final() -> None:
    with pytest.raises(Discard, match="not in the artifact storage"):
        store.open_existing("uploads/none.png")
