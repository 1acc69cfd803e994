import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from jobs.context import Context
from jobs.errors import Invalid
from jobs.handlers.files import ingest_file
from jobs.handlers.images import make_thumbnail
from jobs.outcomes import Discard
from jobs.registry import registry
from tests.jobs.handlers.conftest import Run
from tests.jobs.handlers.pictures import huge_png

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(artifacts: Path) -> Path:
    path = artifacts / "uploads" / "photo.png"
    path.parent.mkdir()
    target = io.BytesIO()
    Image.new("RGB", (2000, 1000), "blue").save(target, "PNG")
    path.write_bytes(target.getvalue())
    return path


@pytest.fixture
def ingested(photo: Path, run: Run, make_context: Callable[..., Context]) -> str:
    """The storage path of file `photo-1` of tenant acme."""
    result = run(ingest_file, {"file_id": "photo-1", "source": "upload:photo.png"}, make_context(tenant_id="acme"))
    path: str = result["path"]
    return path


@pytest.mark.usefixtures("photo")
class TestByPath:
    @pytest.mark.parametrize(
        ("wanted", "size"),
        [
            ({}, (480, 240)),
            ({"size": "sm"}, (160, 80)),
            ({"size": "lg"}, (1024, 512)),
            ({"width": 100}, (100, 50)),
            ({"height": 100}, (200, 100)),
            ({"width": 100, "height": 20, "size": "lg"}, (40, 20)),
        ],
    )
    def test_resizes(self, run: Run, artifacts: Path, wanted: dict[str, object], size: tuple[int, int]) -> None:
        result = run(make_thumbnail, {"path": "uploads/photo.png", **wanted})
        with Image.open(artifacts / result["asset_path"]) as image:
            assert image.size == (result["width"], result["height"]) == size

    def test_twice_is_once(self, run: Run, artifacts: Path) -> None:
        first, second = (run(make_thumbnail, {"path": "uploads/photo.png"}) for _ in range(2))
        assert first == second
        assert len([path for path in (artifacts / "thumbnails").rglob("*") if path.is_file()]) == 1

    def test_another_format(self, run: Run) -> None:
        assert run(make_thumbnail, {"path": "uploads/photo.png", "format": "webp"})["asset_path"].endswith(".webp")

    @pytest.mark.parametrize("path", ["../photo.png", "/etc/passwd", "uploads/../../x", "files/acme/photo-1/x.png"])
    def test_outside_of_what_it_may_read(self, run: Run, path: str) -> None:
        with pytest.raises(Discard):
            run(make_thumbnail, {"path": path})

    def test_a_bomb(self, run: Run, photo: Path) -> None:
        photo.write_bytes(huge_png(20_000, 20_000))
        with pytest.raises(Discard, match="pixels"):
            run(make_thumbnail, {"path": "uploads/photo.png"})


class TestByFile:
    def test_resizes(self, run: Run, ingested: str, make_context: Callable[..., Context]) -> None:
        result = run(make_thumbnail, {"fileId": "photo-1"}, make_context(tenant_id="acme"))
        assert result["asset_path"].startswith("thumbnails/acme/photo-1/")

    @pytest.mark.usefixtures("ingested")
    @pytest.mark.parametrize("tenant", ["", "globex"])
    def test_another_tenants_file_is_not_there(
        self, run: Run, make_context: Callable[..., Context], tenant: str
    ) -> None:
        with pytest.raises(Discard, match="has been ingested"):
            run(make_thumbnail, {"file_id": "photo-1"}, make_context(tenant_id=tenant))

    def test_nor_is_its_path(self, run: Run, ingested: str, make_context: Callable[..., Context]) -> None:
        with pytest.raises(Discard, match="outside"):
            run(make_thumbnail, {"path": ingested}, make_context(tenant_id="globex"))


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"file_id": "../x"},
        {"path": "uploads/x", "size": "xl"},
        {"path": "uploads/x", "width": 0},
        {"size": "sm"},
    ],
)
def test_bad_payloads_are_refused(run: Run, payload: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        run(make_thumbnail, payload)


def test_neither_file_nor_path_is_said_at_submit() -> None:
    with pytest.raises(Invalid, match="either file_id or path"):
        make_thumbnail.definition.validate({"size": "sm"})


def test_is_also_called_image_resize() -> None:
    assert registry.get("image_resize") is make_thumbnail.definition
