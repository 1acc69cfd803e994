"""The panels that a job's page includes: why it waits, and where a running one stands."""

import json
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from jobs.broker import Broker
from jobs.console.page import Page
from jobs.console.stack import STACK
from jobs.console.why import WHY
from jobs.models import AuditEntry, Job
from jobs.services import queues, stacks
from jobs.services.audit import Actor
from tests.jobs import builders, scenes

pytestmark = pytest.mark.django_db(transaction=True)
HOSTILE = '<script>alert(1)</script> {{ 7|add:"7" }} \u202eabc'
FRAME = {"file": "app/mail.py", "line": 7, "function": "send", "code": "sleep(1)"}


class JobPage(Page):
    """The least that the panels need: a page with a job."""

    panels: ClassVar = {"why": WHY, "stack": STACK}

    def prepare(self) -> None:
        self.job = Job.objects.get(pk=self.kwargs["job_id"])


def answer(user: User, job_id: UUID, panel: str) -> HttpResponse:
    request = RequestFactory().get("/admin/somewhere/", {"panel": panel})
    request.user = user
    found: Any = JobPage.as_view()(request, job_id=job_id)
    return found


def shown(user: User, job_id: UUID, panel: str) -> str:
    found = answer(user, job_id, panel)
    assert found.status_code == 200
    return found.content.decode()


def keep(broker: Broker, job_id: UUID, *frames: dict[str, Any], attempt: int = 1) -> None:
    at = datetime.now(UTC).isoformat()
    fields = {"status": "running", "attempt": attempt, "worker": "w-1", "at": at, "seconds": 2.0, "frames": frames}
    broker.keep_stack(job_id, json.dumps(fields), 60)


@pytest.fixture
def viewer() -> User:
    return scenes.user("vera", "view_job", "view_queue", "view_worker", staff=True)


@pytest.fixture
def operator() -> User:
    return scenes.user("otto", "view_job", "view_queue", "view_payload", "operate_worker", staff=True)


class TestWhy:
    def test_the_reasons_come_in_order_with_links_to_what_would_help(self, viewer: User, broker: Broker) -> None:
        scenes.queue("default")
        queues.pause("default", Actor(5, "ada"), reason=HOSTILE)
        page = shown(viewer, builders.scheduled(), "why")
        assert page.index('data-code="not_due"') < page.index('data-code="queue_paused"')
        assert page.index('data-code="queue_paused"') < page.index('data-code="no_worker"')
        assert 'href="/admin/jobs/queue/default/change/"' in page
        assert 'href="/admin/jobs/worker/"' in page
        assert "&lt;script&gt;" in page
        assert "<script>" not in page

    def test_what_a_person_may_not_look_at_is_no_link(self, broker: Broker) -> None:
        scenes.queue("default")
        queues.pause("default", Actor(5, "ada"), reason="the mail server")
        page = shown(scenes.user("quinn", "view_job", staff=True), scenes.queued(), "why")
        assert "is paused." in page
        assert "the mail server" not in page
        assert "/admin/jobs/queue/" not in page

    def test_a_job_that_does_not_wait_says_so(self, viewer: User, broker: Broker) -> None:
        assert "It does not wait" in shown(viewer, scenes.running(), "why")


class TestStack:
    def test_a_running_job_can_be_asked(self, operator: User, broker: Broker) -> None:
        job_id = scenes.running()
        page = shown(operator, job_id, "stack")
        assert f'hx-post="/admin/jobs/job/{job_id}/stack/"' in page
        assert "Its worker can be asked" in page

    def test_the_frames_are_shown_innermost_first_and_escaped(self, operator: User, broker: Broker) -> None:
        job_id = scenes.running()
        inner = {**FRAME, "function": "inner", "code": HOSTILE, "locals": {"items": HOSTILE, "values": "[1]"}}
        keep(broker, job_id, {**FRAME, "locals": {}}, inner)
        page = shown(operator, job_id, "stack")
        assert page.index("inner") < page.index("sleep(1)")
        assert "<dt>items</dt>" in page
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>" not in page
        assert "Stale" not in page

    @pytest.mark.parametrize("how", ["ended", "another attempt"])
    def test_it_is_stale_when_the_job_has_ended_or_runs_anew(self, how: str, operator: User, broker: Broker) -> None:
        job_id = scenes.running()
        keep(broker, job_id, FRAME)
        if how == "ended":
            scenes.end(job_id, 1, "succeeded", "succeeded")
        else:
            scenes.end(job_id, 1, "queued", "released", uses_try=False)
            scenes.begin(job_id)
        page = shown(operator, job_id, "stack")
        assert "Stale" in page
        assert ("hx-post" in page) == (how != "ended")

    def test_locals_are_for_those_who_may_see_payloads(self, broker: Broker) -> None:
        job_id = scenes.running()
        keep(broker, job_id, {**FRAME, "locals": {"to": "'ada'"}})
        page = shown(scenes.user("olga", "view_job", "operate_worker", staff=True), job_id, "stack")
        assert "sleep(1)" in page
        assert "&#x27;ada&#x27;" not in page
        assert "Locals are for those who may see payloads" in page

    def test_a_viewer_does_not_get_it(self, viewer: User, broker: Broker) -> None:
        job_id = scenes.running()
        with pytest.raises(Http404):
            answer(viewer, job_id, "stack")

    def test_while_redis_is_away_the_panel_is_there(self, operator: User, settings: Settings) -> None:
        job_id = scenes.queued()
        with builders.redis_away(settings):
            assert "It does not run" in shown(operator, job_id, "stack")


class TestTaking:
    def test_a_worker_that_does_not_answer_is_said(
        self, operator: User, broker: Broker, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stacks, "PATIENCE", 0.05)
        client.force_login(operator)
        done = client.post(f"/admin/jobs/job/{scenes.running()}/stack/", headers={"HX-Request": "true"})
        assert done.status_code == 204
        assert "Its worker did not answer." in done["HX-Trigger"]
        assert AuditEntry.objects.get().verb == "job.stack_taken"

    def test_a_job_that_does_not_run_is_said(self, operator: User, broker: Broker, client: Client) -> None:
        client.force_login(operator)
        done = client.post(f"/admin/jobs/job/{scenes.queued()}/stack/", headers={"HX-Request": "true"})
        assert "does not run: it is queued" in done["HX-Trigger"]
        done = client.post(f"/admin/jobs/job/{uuid4()}/stack/", headers={"HX-Request": "true"})
        assert "there is no job" in done["HX-Trigger"]

    def test_a_viewer_may_not(self, viewer: User, broker: Broker, client: Client) -> None:
        client.force_login(viewer)
        address = f"/admin/jobs/job/{scenes.running()}/stack/"
        assert client.post(address).status_code == 403
        assert client.get(address).status_code in (403, 405)
        assert not AuditEntry.objects.exists()
