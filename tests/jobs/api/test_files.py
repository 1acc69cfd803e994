import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from jobs import artifacts as storage
from jobs import jsontext
from jobs.api.schema import controls
from jobs.models import Job
from jobs.rates import Rate
from tests.jobs import by_hand, scenes
from tests.jobs.api.callers import look, ok, refused, send

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = b"name,age\nada,36\n"


def upload(client: Client, *files: Any, name: str = "file") -> Any:
    return client.post("/api/v1/uploads", {name: files})


def content(answer: Any) -> bytes:
    async def gather() -> bytes:
        return b"".join([chunk async for chunk in answer.streaming_content])

    return async_to_sync(gather)()


class TestUpload:
    def test_what_was_sent_is_what_file_ingest_takes(self, operator: Client, artifacts: Path) -> None:
        sent = upload(operator, SimpleUploadedFile("people.csv", CONTENT))
        found = ok(sent, controls.Upload, 201)
        assert (found["name"], found["bytes"]) == ("people.csv", len(CONTENT))
        assert found["sha256"] == hashlib.sha256(CONTENT).hexdigest()
        assert (artifacts / found["path"]).read_bytes() == CONTENT
        job = send(operator, "jobs", {"type": "file.ingest", "payload": {"fileId": "a", "source": found["source"]}})
        result = by_hand.perform(job.json()["id"])
        assert (result["sha256"], result["bytes"]) == (found["sha256"], len(CONTENT))

    @pytest.mark.parametrize(
        ("name", "kept"),
        [("../../etc/passwd", "passwd"), (".htaccess", "htaccess"), ("ü b.csv", "b.csv"), ("x" * 200 + ".csv", None)],
    )
    def test_names_are_made_harmless(self, operator: Client, artifacts: Path, name: str, kept: str | None) -> None:
        found = ok(upload(operator, SimpleUploadedFile(name, CONTENT)), controls.Upload, 201)
        assert found["name"] == (kept or "x" * 96 + ".csv")
        assert (artifacts / found["path"]).resolve().is_relative_to(artifacts / "uploads")

    def test_a_quota_bounds_what_one_user_uploads(
        self, operator: Client, eve: Client, artifacts: Path, settings: Settings
    ) -> None:
        settings.FLOWBIT = replace(settings.FLOWBIT, upload_quota=Rate(3, 3600))
        two = b"x" * (1024 * 1024 + 1)
        ok(upload(operator, SimpleUploadedFile("a", two)), controls.Upload, 201)
        answer = upload(operator, SimpleUploadedFile("a", two))
        assert refused(answer, 429)["code"] == "throttled"
        assert 0 < int(answer["Retry-After"]) <= 3600
        ok(upload(operator, SimpleUploadedFile("a", CONTENT)), controls.Upload, 201)
        refused(upload(operator, SimpleUploadedFile("a", CONTENT)), 429)
        ok(upload(eve, SimpleUploadedFile("a", two)), controls.Upload, 201)
        assert len(list((artifacts / "uploads").iterdir())) == 3

    def test_two_of_a_name_do_not_meet(self, operator: Client, artifacts: Path) -> None:
        paths = {upload(operator, SimpleUploadedFile("a", CONTENT)).json()["path"] for _ in range(2)}
        assert len(paths) == 2

    def test_one_that_is_too_large(self, operator: Client, artifacts: Path, settings: Settings) -> None:
        settings.FLOWBIT = replace(settings.FLOWBIT, max_artifact=10)
        assert refused(upload(operator, SimpleUploadedFile("a", CONTENT)), 413)["code"] == "too_large"
        assert list(artifacts.iterdir()) == []

    def test_it_takes_one_file_by_its_name(self, operator: Client, artifacts: Path) -> None:
        one = SimpleUploadedFile("a", CONTENT)
        assert list(refused(upload(operator), 400)["details"]) == ["file"]
        assert list(refused(upload(operator, one, one), 400)["details"]) == ["file"]
        assert list(refused(upload(operator, one, name="other"), 400)["details"]) == ["file"]
        refused(send(operator, "uploads", {"file": "text"}), 415)
        broken = operator.post("/api/v1/uploads", b"--x\r\n", content_type="multipart/form-data")
        refused(broken, 400)
        assert list(artifacts.iterdir()) == []


def ended(type_: str, result: Any) -> UUID:
    """A job of this type, whatever it was submitted with, that gave `result`."""
    job_id = scenes.succeeded(result=jsontext.encode(result))
    Job.objects.filter(pk=job_id).update(type=type_)
    return job_id


class TestArtifact:
    def test_a_large_result(self, operator: Client, artifacts: Path) -> None:
        path = storage.storage().save("results/1.json", ContentFile(b'{"rows": []}'))
        job_id = scenes.running()
        scenes.end(job_id, 1, "succeeded", "succeeded", artifact=path)
        answer = look(operator, f"jobs/{job_id}/artifact")
        assert (answer.status_code, content(answer)) == (200, b'{"rows": []}')
        assert answer["Content-Type"] == "application/json"
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Length"] == "12"

    @pytest.mark.parametrize(
        ("type_", "field"),
        [("report.generate", "artifact_path"), ("file.ingest", "path"), ("image.thumbnail", "asset_path")],
    )
    def test_a_file_that_the_result_names(self, operator: Client, artifacts: Path, type_: str, field: str) -> None:
        path = storage.storage().save("reports/_/daily.csv", ContentFile(CONTENT))
        job_id = ended(type_, {field: path})
        answer = operator.get(f"/api/v1/jobs/{job_id}/artifact", headers={"Accept": "text/csv"})
        assert (content(answer), answer["Content-Type"]) == (CONTENT, "text/csv")

    @pytest.mark.parametrize(
        "result",
        ["42", "{}", '{"path": 5}', '{"path": "../secret"}', '{"path": "files/other/a"}', '{"path": "files/_/gone"}'],
    )
    def test_none(self, operator: Client, artifacts: Path, result: str) -> None:
        storage.storage().save("files/other/a", ContentFile(CONTENT))
        job_id = ended("file.ingest", jsontext.decode(result))
        refused(look(operator, f"jobs/{job_id}/artifact"), 404)

    @pytest.mark.parametrize("type_", ["echo", "test.anything", "gone.type"])
    def test_a_path_that_a_client_sent_opens_nothing(self, operator: Client, artifacts: Path, type_: str) -> None:
        path = storage.storage().save("files/_/somebody/else", ContentFile(CONTENT))
        job_id = ended(type_, {"path": path, "artifact_path": path})
        refused(look(operator, f"jobs/{job_id}/artifact"), 404)

    def test_it_needs_the_permission_to_see_payloads(self, viewer: Client, artifacts: Path) -> None:
        job_id = scenes.succeeded(result=jsontext.encode({"path": "reports/_/daily.csv"}))
        assert refused(look(viewer, f"jobs/{job_id}/artifact"), 403)["code"] == "not_allowed"
