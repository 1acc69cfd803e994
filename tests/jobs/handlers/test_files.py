import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from jobs.context import Context
from jobs.errors import Invalid
from jobs.handlers.files import ingest_file
from jobs.models import StoredFile
from jobs.outcomes import Discard
from tests.jobs.handlers.conftest import Answer, Run, Server

CSV = b"name,count\nann,1\n"
SHA = hashlib.sha256(CSV).hexdigest()

pytestmark = pytest.mark.django_db


@pytest.fixture
def upload(artifacts: Path) -> Path:
    path = artifacts / "uploads" / "people.csv"
    path.parent.mkdir()
    path.write_bytes(CSV)
    return path


@pytest.mark.usefixtures("upload")
class TestFromStorage:
    @pytest.mark.parametrize(
        "source",
        [
            "upload:people.csv",
            "upload:uploads/people.csv",
            "storage:uploads/people.csv",
            "uploads/people.csv",
        ],
    )
    def test_stores_and_describes(self, run: Run, artifacts: Path, source: str) -> None:
        result = run(ingest_file, {"file_id": "people-1", "source": source})
        path = f"files/_/people-1/{SHA[:16]}.csv"
        expected = {"file_id": "people-1", "path": path, "bytes": len(CSV), "sha256": SHA, "mime": "text/csv"}
        assert result == expected
        assert (artifacts / path).read_bytes() == CSV

    def test_twice_is_once(self, run: Run, artifacts: Path) -> None:
        first, second = (run(ingest_file, {"file_id": "a", "source": "upload:people.csv"}) for _ in range(2))
        assert first == second
        assert StoredFile.objects.count() == 1
        assert len(list((artifacts / "files/_/a").iterdir())) == 1

    def test_the_newest_content_wins(self, run: Run, upload: Path) -> None:
        run(ingest_file, {"fileId": "a", "source": "upload:people.csv"})
        upload.write_bytes(b"other,content\n")
        result = run(ingest_file, {"fileId": "a", "source": "upload:people.csv"})
        assert StoredFile.objects.get().path == result["path"]

    def test_tenants_are_apart(self, run: Run, make_context: Callable[..., Context]) -> None:
        for tenant in ("acme", "globex"):
            run(ingest_file, {"file_id": "a", "source": "upload:people.csv"}, make_context(tenant_id=tenant))
        paths = {file.tenant_id: file.path for file in StoredFile.objects.all()}
        assert paths["acme"].startswith("files/acme/") and paths["globex"].startswith("files/globex/")
        with pytest.raises(Discard, match="outside"):
            run(ingest_file, {"file_id": "b", "source": paths["globex"]}, make_context(tenant_id="acme"))

    def test_owners_without_a_tenant_are_apart(
        self, run: Run, upload: Path, make_context: Callable[..., Context]
    ) -> None:
        ada, eve, nobody = make_context(owner_id=1), make_context(owner_id=2), make_context()
        mine = run(ingest_file, {"file_id": "a", "source": "upload:people.csv"}, ada)
        upload.write_bytes(b"other,content\n")
        for ctx in (eve, nobody):
            run(ingest_file, {"file_id": "a", "source": "upload:people.csv"}, ctx)
            with pytest.raises(Discard, match="outside"):
                run(ingest_file, {"file_id": "b", "source": mine["path"]}, ctx)
        known = StoredFile.objects.known_as("a", "", 1)
        assert known is not None
        assert (known.path, known.sha256) == (mine["path"], SHA)
        assert run(ingest_file, {"file_id": "b", "source": mine["path"]}, ada)["sha256"] == SHA

    def test_a_tenants_file_is_the_same_whoever_owns_the_job(
        self, run: Run, make_context: Callable[..., Context]
    ) -> None:
        for owner in (1, 2):
            run(
                ingest_file,
                {"file_id": "a", "source": "upload:people.csv"},
                make_context(tenant_id="acme", owner_id=owner),
            )
        assert [(one.tenant_id, one.owner_id) for one in StoredFile.objects.all()] == [("acme", None)]

    def test_the_size_limit(self, run: Run, set_options: Callable[..., None]) -> None:
        set_options(max_artifact=len(CSV) - 1)
        with pytest.raises(Discard, match="longer than"):
            run(ingest_file, {"file_id": "a", "source": "upload:people.csv"})
        assert not StoredFile.objects.exists()

    @pytest.mark.parametrize(
        "source",
        [
            "upload:none.csv",
            "upload:../../etc/passwd",
            "/etc/passwd",
            "storage:/etc/passwd",
            "uploads/../x",
            "upload:",
        ],
    )
    def test_what_it_may_not_read_is_final(self, run: Run, source: str) -> None:
        with pytest.raises(Discard):
            run(ingest_file, {"file_id": "a", "source": source})

    def test_a_folder_is_no_file(self, run: Run, artifacts: Path) -> None:
        (artifacts / "uploads" / "folder").mkdir()
        with pytest.raises(Discard):
            run(ingest_file, {"file_id": "a", "source": "upload:folder"})


@pytest.mark.usefixtures("artifacts", "private_allowed")
class TestFromWeb:
    def test_fetches(self, run: Run, server: Server) -> None:
        target = io.BytesIO()
        Image.new("RGB", (4, 4), "red").save(target, "PNG")
        server.answers["/logo"] = Answer(body=target.getvalue(), headers={"Content-Type": "text/html"})
        result = run(ingest_file, {"file_id": "logo", "source": server.url("/logo?token=s3cret")})
        assert (result["mime"], result["bytes"]) == ("image/png", len(target.getvalue()))
        assert result["path"].endswith(".png")
        assert "s3cret" not in StoredFile.objects.get().source

    def test_the_size_limit(self, run: Run, server: Server, set_options: Callable[..., None]) -> None:
        set_options(max_artifact=10)
        server.answers["/big"] = Answer(body=b"x" * 11)
        with pytest.raises(Discard, match="longer than 10 bytes"):
            run(ingest_file, {"file_id": "a", "source": server.url("/big")})

    def test_a_missing_page_is_final(self, run: Run, server: Server) -> None:
        with pytest.raises(Discard, match="HTTP 404"):
            run(ingest_file, {"file_id": "a", "source": server.url("/none")})


@pytest.mark.usefixtures("artifacts")
def test_private_addresses_are_refused(run: Run, server: Server) -> None:
    with pytest.raises(Discard, match="not public"):
        run(ingest_file, {"file_id": "a", "source": server.url("/x")})
    assert server.asked == []


@pytest.mark.parametrize(
    "file_id", ["", ".", "..", ".hidden", "../a", "a/b", "a\\b", "a b", "a\n", "ä", "-a", "a" * 129, "a\0", 7]
)
def test_hostile_ids_are_refused(run: Run, file_id: object) -> None:
    with pytest.raises(Invalid, match="file_?id"):
        run(ingest_file, {"file_id": file_id, "source": "upload:x"})


@pytest.mark.parametrize(
    "source", ["", "ftp://example.com/x", "file:///etc/passwd", "http://", "https://u:p@example.com/"]
)
def test_hostile_sources_are_refused(run: Run, source: str) -> None:
    with pytest.raises(Invalid, match="source"):
        run(ingest_file, {"file_id": "a", "source": source})
