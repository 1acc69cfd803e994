from base64 import urlsafe_b64encode
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from jobs.api.schema import shapes
from jobs.models import Job
from jobs.queries import pages
from tests.jobs import builders, scenes
from tests.jobs.api.callers import look, ok, refused, somebody

pytestmark = pytest.mark.django_db(transaction=True)


def found(client: Client, **parameters: Any) -> list[str]:
    """Ids of the first page, which has the documented shape."""
    return [job["id"] for job in ok(look(client, "jobs", **parameters), shapes.JobPage)["results"]]


def made(count: int, **options: Any) -> list[str]:
    return [str(scenes.queued(**options)) for _ in range(count)]


class TestPages:
    def test_newest_first_and_both_ways(self, viewer: Client) -> None:
        jobs = made(5)[::-1]
        first = ok(look(viewer, "jobs", limit=2), shapes.JobPage)
        assert ([job["id"] for job in first["results"]], first["previous"]) == (jobs[:2], None)
        second = viewer.get(first["next"]).json()
        third = viewer.get(second["next"]).json()
        assert [job["id"] for job in second["results"]] == jobs[2:4]
        assert ([job["id"] for job in third["results"]], third["next"]) == (jobs[4:], None)
        back = viewer.get(third["previous"]).json()
        assert back["results"] == second["results"]
        assert viewer.get(back["previous"]).json()["results"] == first["results"]

    def test_links_keep_the_filters(self, viewer: Client) -> None:
        made(3, queue="critical")
        made(1)
        first = look(viewer, "jobs", queue="critical", limit=2).json()
        assert len(viewer.get(first["next"]).json()["results"]) == 1

    @pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "1.5", "9" * 50, "²"])
    def test_limits_have_bounds(self, viewer: Client, limit: str) -> None:
        assert list(refused(look(viewer, "jobs", limit=limit), 400)["details"]) == ["limit"]

    @pytest.mark.parametrize("cursor", ["x", "é", "bmV3ZXI", "bmV3ZXIu", "bmV3ZXIueA==", "b2xkZXIu" + "OTk5" * 30])
    def test_cursors_are_not_made_by_hand(self, viewer: Client, cursor: str) -> None:
        assert list(refused(look(viewer, "jobs", cursor=cursor), 400)["details"]) == ["cursor"]

    def test_a_cursor_beyond_every_id_is_an_empty_page(self, viewer: Client) -> None:
        made(1)
        beyond = look(viewer, "jobs", cursor=urlsafe_b64encode(b"newer." + b"9" * 39).decode())
        assert ok(beyond, shapes.JobPage)["results"] == []

    def test_the_number_of_queries_does_not_grow_with_the_rows(
        self, viewer: Client, django_assert_num_queries: Any
    ) -> None:
        scenes.worker()
        parent = scenes.queued(owner_id=1)
        for number in range(10):
            scenes.queued(owner_id=number, dependencies=[parent])
            scenes.running(owner_id=number)
        # session, user, permissions (2), the page, types that workers run, owners, edges, leases
        with django_assert_num_queries(9):
            assert len(found(viewer)) == 21


@pytest.mark.parametrize(
    "query", ["queue=a&queue=b", "queue=&queue=b", "tenantId=a&tenant_id=a", "state=queued&state="]
)
def test_a_parameter_that_comes_twice_is_refused(viewer: Client, query: str) -> None:
    details = refused(viewer.get(f"/api/v1/jobs?{query}"), 400)["details"]
    assert list(details.values()) == [["is given twice"]]


class TestWho:
    def test_nobody(self, client: Client, db: None) -> None:
        assert refused(look(client, "jobs"), 401)["code"] == "not_authenticated"

    def test_without_the_permission_only_my_own(self, ada: Any, client: Client) -> None:
        own = made(2, owner_id=ada.pk)
        made(2, owner_id=ada.pk + 1)
        made(1)
        assert found(client) == own[::-1]
        assert found(client, owner="somebody") == []

    def test_payloads_are_hidden_without_their_permission(self, viewer: Client) -> None:
        scenes.queued(payload={"password": "hunter2"})
        [job] = look(viewer, "jobs").json()["results"]
        assert job["payload"] is None

    def test_a_filter_does_not_tell_what_is_in_hidden_payloads(self, viewer: Client, operator: Client) -> None:
        job_id = scenes.queued(payload={"password": "hunter2"})
        assert found(viewer, **{"payload.password": "hunter2"}) == []
        assert found(operator, **{"payload.password": "hunter2"}) == [str(job_id)]


class TestFilters:
    def test_each_of_them(self, viewer: Client) -> None:
        scenes.worker()
        workflow = uuid4()
        other = scenes.user("owner")
        wanted = str(
            scenes.queued("test.noop", queue="critical", tenant_id="acme", owner_id=other.pk, tags=["vip", "b"])
        )
        in_workflow = str(scenes.queued(workflow_id=workflow))
        running = str(scenes.running())
        failed = str(scenes.failed())
        made(2)
        assert found(viewer, type="test.noop") == [wanted]
        assert found(viewer, queue="critical") == [wanted]
        assert found(viewer, tenant_id="acme") == found(viewer, tenantId="acme") == [wanted]
        assert found(viewer, owner="owner") == [wanted]
        assert found(viewer, tag="vip") == [wanted]
        assert found(viewer, workflow_id=workflow) == [in_workflow]
        assert found(viewer, worker=scenes.WORKER) == [failed, running]
        assert found(viewer, error="NO SUCH") == [failed]
        assert found(viewer, queue="critical", tag="vip", state="queued") == [wanted]
        assert found(viewer, queue="critical", tag="other") == []

    def test_blank_ones_ask_for_nothing(self, viewer: Client) -> None:
        assert found(viewer, state="", queue="", created_after="", limit="", **{"payload.x": ""}) == []
        [job] = made(1)
        assert found(viewer, state="", queue="", created_after="", limit="") == [job]

    def test_states(self, viewer: Client) -> None:
        by_state = {
            "scheduled": builders.scheduled(),
            "running": builders.running(),
            "retrying": builders.retrying(),
            "succeeded": builders.succeeded(),
            "failed": builders.failed(),
            "cancelled": builders.cancelled(),
            "queued": builders.queued(),
        }
        for state, job_id in by_state.items():
            assert found(viewer, state=state) == [str(job_id)]
        assert found(viewer, state="dead,Canceled") == [str(by_state["cancelled"]), str(by_state["failed"])]
        assert found(viewer, state="active") == [str(by_state["running"])]
        assert found(viewer, state="pending, running") == [str(by_state["queued"]), str(by_state["running"])]

    def test_many_live_jobs_are_looked_through(self, viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        for bound in ("FEW", "MOST_LIVE"):
            monkeypatch.setattr(f"jobs.queries.job_search.{bound}", 2)
        jobs = made(4)[::-1]
        page = look(viewer, "jobs", state="queued").json()
        assert ([job["id"] for job in page["results"]], page["scanned"]) == (jobs, {"rows": 4, "complete": True})

    def test_live_jobs_are_found_by_their_state(self, viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("jobs.queries.job_search.FEW", 2)
        jobs = made(4)[::-1]
        page = look(viewer, "jobs", state="queued", limit="3").json()
        assert ([job["id"] for job in page["results"]], "scanned" in page) == (jobs[:3], False)
        assert [job["id"] for job in viewer.get(page["next"]).json()["results"]] == jobs[3:]

    def test_parked_jobs_say_why(self, viewer: Client) -> None:
        scenes.worker()
        made(1)
        parked = str(scenes.queued("test.noop"))
        [job] = ok(look(viewer, "jobs", state="parked"), shapes.JobPage)["results"]
        assert (job["id"], job["blocked_reason"]) == (parked, "parked: no living worker runs test.noop")
        assert look(viewer, f"jobs/{parked}").json()["blocked_reason"] == job["blocked_reason"]

    def test_times(self, viewer: Client) -> None:
        old, new = made(2)
        builders.change(Job.objects.get(pk=old).pk, "created_at = created_at - interval '10 seconds'")
        border = Job.objects.get(pk=new).created_at.isoformat()
        assert found(viewer, created_before=border) == [old]
        assert found(viewer, created_after="2020-01-01T00:00:00+01:00", created_before="2099-01-01T00:00:00Z") == [
            new,
            old,
        ]
        assert found(viewer, created_after="2099-01-01T00:00:00Z") == []
        assert found(viewer, created_before="2099-01-01T00:00:00+23:59") == [new, old]

    @pytest.mark.parametrize("q", ["welcome", "test.anyTHING", "no such thing", "vip", "{id}"])
    def test_words(self, viewer: Client, q: str) -> None:
        scenes.worker()
        made(1, type="test.noop")
        job_id = str(scenes.failed(idempotency_key="welcome:42", tags=["vip"]))
        assert found(viewer, q=q.format(id=job_id)) == [job_id]
        assert found(viewer, q="%") == []

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            ("to", "ops@example.com"),
            ("user.id", "5"),
            ("user.isAdmin", "true"),
            ("list.0", "first"),
            ("durationMs", "250"),
            ("page_count", "3"),
            ("pageCount", "3"),
            ("it's", "100% \\ real"),
        ],
    )
    def test_places_in_the_payload(self, operator: Client, path: str, text: str) -> None:
        payload = {
            "to": "ops@example.com",
            "user": {"id": 5, "isAdmin": True},
            "list": ["first"],
            "durationMs": 250,
            "page_count": 3,
            "it's": "100% \\ real",
        }
        job_id = scenes.queued(payload=payload)
        scenes.queued(payload={"to": {"id": "ops@example.com"}})
        assert found(operator, **{f"payload.{path}": text}) == [str(job_id)]
        assert found(operator, **{f"payload.{path}": "else"}) == []

    def test_a_filter_says_how_far_it_looked(self, operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pages, "CHUNK", 2)
        monkeypatch.setattr(pages, "MOST", 2)
        monkeypatch.setattr(pages, "HURRY", 60.0)
        job_id = scenes.queued(payload={"n": 1})
        made(3)
        page = ok(look(operator, "jobs", **{"payload.n": 1}), shapes.JobPage)
        assert (page["results"], page["scanned"]) == ([], {"rows": 2, "complete": False})
        rest = operator.get(page["next"]).json()
        assert ([job["id"] for job in rest["results"]], rest["next"] is None) == ([str(job_id)], False)
        assert operator.get(rest["next"]).json()["next"] is None

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("state", "sleeping"),
            ("state", ",".join(["queued"] * 3 + ["\0"])),
            ("workflow_id", "x"),
            ("created_after", "yesterday"),
            ("created_before", "2030-01-01T00:00:00"),
            ("created_after", "0001-01-01T00:00:00+01:00"),
            ("created_before", "9999-12-31T23:59:59-01:00"),
            ("colour", "red"),
            ("type", "\0"),
            ("q", "x" * 2000),
            ("payload", "x"),
        ],
    )
    def test_wrong_ones_are_named(self, viewer: Client, name: str, text: str) -> None:
        assert list(refused(look(viewer, "jobs", **{name: text}), 400)["details"]) == [name]

    @pytest.mark.parametrize("path", ["\0", "a" * 2000, ".".join("a" * 30)])
    def test_places_have_bounds(self, operator: Client, path: str) -> None:
        refused(look(operator, "jobs", **{f"payload.{path}": "x"}), 400)
        refused(look(operator, "jobs", **{f"payload.{number}": "x" for number in range(11)}), 400)

    @pytest.mark.parametrize("path", ["", ".", "..", "a.", "'", "%s", '"', "{}"])
    def test_places_that_nothing_has(self, operator: Client, path: str) -> None:
        made(1)
        assert found(operator, **{f"payload.{path}": "x"}) == []

    def test_somebody_without_any_permission_has_an_empty_list(self, transactional_db: None) -> None:
        assert found(somebody()) == []
