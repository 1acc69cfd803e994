from typing import Any

import pytest
from django.test import Client

from jobs import jsontext
from jobs.api.schema import shapes
from tests.jobs import scenes
from tests.jobs.api.callers import look, ok, refused, send

pytestmark = pytest.mark.django_db(transaction=True)
LOGS = jsontext.encode([[0.1, "info", "connecting"], [0.4, "error", "no answer"]])


def retrying() -> Any:
    """A job whose first attempt failed and logged."""
    job_id = scenes.running(payload={"a": 1})
    error = {"error_type": "app.Boom", "error_message": "not yet"}
    scenes.end(job_id, 1, "retrying", "raised", delay=0.0, logs=LOGS, **error)
    return job_id


def test_events_are_the_story_of_the_job(operator: Client) -> None:
    job_id = scenes.failed()
    send(operator, f"jobs/{job_id}/retry", {"reason": "mended"})
    events = ok(look(operator, f"jobs/{job_id}/events"), shapes.Events)["results"]
    kinds = {event["kind"] for event in events}
    assert kinds == {"job.enqueued", "job.started", "attempt.raised", "job.failed", "job.retried"}
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert (events[-1]["actor"], events[-1]["message"]) == ("otto", "mended")


def test_attempts_have_their_tracebacks_for_those_who_may_see_them(operator: Client, viewer: Client) -> None:
    job_id = scenes.failed()
    [attempt] = ok(look(operator, f"jobs/{job_id}/attempts"), shapes.Attempts)["results"]
    assert (attempt["number"], attempt["outcome"], attempt["error_type"]) == (1, "raised", "app.Boom")
    assert attempt["traceback"][0]["locals"] == {"to": "'ada'"}
    [hidden] = ok(look(viewer, f"jobs/{job_id}/attempts"), shapes.Attempts)["results"]
    assert (hidden["traceback"], hidden["logs"]) == (None, None)


def test_log_lines_are_for_those_who_may_see_them(operator: Client, viewer: Client) -> None:
    job_id = retrying()
    lines = ok(look(operator, f"jobs/{job_id}/logs"), shapes.Logs)["results"]
    assert [(line["attempt"], line["level"], line["text"]) for line in lines] == [
        (1, "info", "connecting"),
        (1, "error", "no answer"),
    ]
    assert refused(look(viewer, f"jobs/{job_id}/logs"), 403)["code"] == "not_allowed"


class TestGraph:
    def test_both_directions_all_the_way(self, viewer: Client) -> None:
        top = scenes.succeeded()
        middle = scenes.queued(dependencies=[top])
        leaf = scenes.queued(dependencies=[middle], dependency_policy="allow_failed")
        sibling = scenes.queued(dependencies=[top])
        graph = ok(look(viewer, f"jobs/{middle}/graph"), shapes.Graph)
        assert (graph["root"], graph["truncated"]) == (str(middle), False)
        assert [node["id"] for node in graph["nodes"]] == [str(top), str(middle), str(leaf)]
        edges = {(edge["from"], edge["to"]): (edge["policy"], edge["met"]) for edge in graph["edges"]}
        assert edges == {
            (str(top), str(middle)): ("block", True),
            (str(middle), str(leaf)): ("allow_failed", False),
        }
        assert str(sibling) not in str(graph)

    def test_one_alone(self, viewer: Client) -> None:
        job_id = scenes.queued()
        graph = ok(look(viewer, f"jobs/{job_id}/graph"), shapes.Graph)
        assert ([node["id"] for node in graph["nodes"]], graph["edges"]) == ([str(job_id)], [])

    def test_jobs_of_others_are_left_out(self, ada: Any, client: Client) -> None:
        own = scenes.queued(owner_id=ada.pk)
        scenes.queued(owner_id=ada.pk + 1, dependencies=[own])
        graph = ok(look(client, f"jobs/{own}/graph"), shapes.Graph)
        assert ([node["id"] for node in graph["nodes"]], graph["edges"]) == ([str(own)], [])

    def test_a_large_one_is_cut_and_says_so(
        self, viewer: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
    ) -> None:
        monkeypatch.setattr("jobs.queries.graph.MOST_NODES", 3)
        parent = scenes.queued()
        for _ in range(6):
            scenes.queued(dependencies=[parent])
        # session, user, permissions (2), up, down, nodes, edges; the job is asked for by the store
        with django_assert_num_queries(8):
            graph = ok(look(viewer, f"jobs/{parent}/graph"), shapes.Graph)
        assert (len(graph["nodes"]), graph["truncated"]) == (3, True)


class TestInspection:
    def test_all_in_one(self, operator: Client) -> None:
        parent = scenes.succeeded()
        job_id = scenes.failed(dependencies=[parent], idempotency_key="welcome:42")
        found = ok(look(operator, f"jobs/{job_id}/inspection"), shapes.Inspection)
        assert found["job"]["id"] == str(job_id)
        assert len(found["attempts"]) == 1
        assert found["events"][-1]["kind"] == "job.failed"
        assert len(found["graph"]["nodes"]) == 2
        assert found["idempotency"]["key"] == "welcome:42"
        assert found["dead_letter"]["error_type"] == "app.Boom"
        assert found["lease"] is None

    def test_a_running_one_has_a_lease(self, viewer: Client) -> None:
        scenes.worker()
        found = ok(look(viewer, f"jobs/{scenes.running()}/inspection"), shapes.Inspection)
        assert (found["lease"]["worker_id"], found["lease"]["alive"]) == (scenes.WORKER, True)

    def test_a_waiting_one_says_why(self, viewer: Client) -> None:
        found = ok(look(viewer, f"jobs/{scenes.queued()}/inspection"), shapes.Inspection)
        assert [reason["code"] for reason in found["waiting_reasons"]][:2] == ["rebuilding", "no_worker"]
        assert found["waiting_reasons"][0]["target"] == {"kind": "stores", "key": ""}
        running = ok(look(viewer, f"jobs/{scenes.running()}/inspection"), shapes.Inspection)
        assert running["waiting_reasons"] == []

    def test_what_is_hidden_stays_hidden(self, viewer: Client, operator: Client) -> None:
        job_id = scenes.failed(payload={"password": "hunter2"})
        send(operator, f"jobs/{job_id}/retry")
        send(operator, f"jobs/{job_id}", {"payload": {"password": "hunter3"}}, "patch")
        answer = look(viewer, f"jobs/{job_id}/inspection")
        ok(answer, shapes.Inspection)
        assert "hunter" not in answer.content.decode()
        assert "'ada'" not in answer.content.decode()
