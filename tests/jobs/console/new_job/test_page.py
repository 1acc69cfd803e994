"""The page for a new job, as a person fills it in."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils.html import escape

from jobs import services
from jobs.models import Job
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/admin/jobs/job/add/"
SCRIPT = "<script>alert(1)</script>"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def sender(client: Client, roles: None, broker: object) -> Client:
    """May look at jobs and submit them, but is no operator of queues."""
    client.force_login(scenes.user("sam", "view_job", "view_payload", "submit_job", staff=True))
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def submit(client: Client, type_name: str, **fields: Any) -> Any:
    return client.post(URL, {"type": type_name, **fields}, follow=True)


def test_the_types_that_may_be_submitted_are_offered(sender: Client, chief: Client) -> None:
    assert "?type=email.send" in text(sender.get(URL))
    assert "?type=generic" not in text(sender.get(URL))
    assert "?type=generic" in text(chief.get(URL))


def test_the_form_is_made_from_the_handler(sender: Client) -> None:
    page = text(sender.get(f"{URL}?type=image.thumbnail"))
    assert 'name="payload.width"' in page and 'max="8192"' in page
    assert "In the artifact storage; in place of file_id" in page
    part = text(sender.get(f"{URL}?panel=form&type=echo", headers=HTMX))
    assert 'name="payload.delay_ms"' in part and "<html" not in part


def test_a_submitted_job_is_the_one_that_was_filled_in(sender: Client) -> None:
    answer = submit(
        sender,
        "email.send",
        **{
            "payload.recipient": "ada@example.com",
            "payload.body": "one\r\ntwo",
            "priority": "8",
            "delay": "1h",
            "tags": "a, b",
            "timeout": "30s",
            "retry_policy.policy": "constant",
            "retry_policy.initial_delay": "2s",
            "retry_policy.jitter": "0.5",
            "idempotency_key": "welcome:1",
            "tenant_id": "acme",
        },
    )
    job = Job.objects.get()
    assert job.payload == {"recipient": "ada@example.com", "body": "one\ntwo"}
    assert (job.state, job.priority, job.tags, job.timeout) == ("scheduled", 8, ["a", "b"], 30.0)
    assert (job.idempotency_key, job.tenant_id, job.owner_id) == ("welcome:1", "acme", answer.wsgi_request.user.pk)
    assert job.retry_policy["policy"] == "constant" and job.retry_policy["jitter"] == 0.5
    assert answer.redirect_chain == [(f"/admin/jobs/job/{job.pk}/change/", 302)]
    assert '<p class="console" data-toast="success">Submitted.</p>' in text(answer)


def test_all_that_the_api_takes_around_a_payload_has_an_input(sender: Client) -> None:
    page = text(sender.get(f"{URL}?type=echo"))
    for name in (
        "queue", "priority", "tenant_id", "tags", "delay", "scheduled_at", "expires_in", "timeout", "max_attempts",
        "retry_policy.policy", "idempotency_key", "dedupe_window", "dependencies", "dependency_policy",
        "parent_job_id", "workflow_id", "schema_version",
    ):  # fmt: skip
        assert f'name="{name}"' in page


def test_dependencies_parents_and_times_arrive(sender: Client) -> None:
    parent = scenes.queued()
    fields = {
        "dependencies": f" {parent}\r\n",
        "dependency_policy": "allow_failed",
        "parent_job_id": str(parent),
        "workflow_id": str(UUID(int=7)),
        "expires_in": "1d",
        "schema_version": "1",
        "max_attempts": "2",
        "dedupe_window": "1h",
        "queue": "slow",
    }
    submit(sender, "echo", payload='{"n": 1}', **fields)
    job = Job.objects.exclude(pk=parent).get()
    assert (job.state, job.dependency_policy, job.parent_job_id) == ("blocked", "allow_failed", parent)
    assert (job.workflow_id, job.max_attempts, job.queue, job.payload) == (UUID(int=7), 2, "slow", {"n": 1})
    submit(sender, "echo", scheduled_at="2090-01-31T12:00")
    assert f"{Job.objects.get(state='scheduled').run_at:%Y-%m-%d %H:%M}" == "2090-01-31 12:00"


REFUSED = [
    ("email.send", {"payload.recipient": "nobody"}, "payload.recipient", "not a valid email address"),
    ("email.send", {}, "payload.recipient", "Field required"),
    ("echo", {"payload": "{"}, "payload", "is not JSON"),
    ("echo", {"priority": "11"}, "priority", "must be a whole number from 0 to 10"),
    ("echo", {"priority": "x"}, "priority", "must be a whole number"),
    ("echo", {"delay": "soon"}, "delay", "is not a duration"),
    ("echo", {"scheduled_at": "soon"}, "scheduled_at", "must be a time"),
    ("echo", {"scheduled_at": "3000-01-01T00:00"}, "scheduled_at", "between the years"),
    ("echo", {"queue": SCRIPT}, "queue", "must be 1 to 64"),
    ("echo", {"tags": SCRIPT}, "tags", "must be 1 to 128"),
    ("echo", {"dependencies": "x"}, "dependencies", "must be a UUID"),
    ("echo", {"dependencies": str(UUID(int=1))}, "dependencies", "there is no job"),
    ("echo", {"dependency_policy": "x"}, "dependency_policy", "must be one of"),
    ("echo", {"parent_job_id": "x"}, "parent_job_id", "must be a UUID"),
    ("echo", {"retry_policy.policy": "x"}, "retry_policy.policy", "policy must be one of"),
    ("echo", {"retry_policy.initial_delay": "x"}, "retry_policy.policy", "is not a duration"),
    ("echo", {"schema_version": "9"}, "schema_version", "has schema version 1"),
]


@pytest.mark.parametrize(("type_name", "fields", "name", "said"), REFUSED)
def test_what_is_refused_stands_beside_its_input_and_nothing_is_stored(
    sender: Client, type_name: str, fields: dict[str, str], name: str, said: str
) -> None:
    answer = submit(sender, type_name, **fields)
    assert answer.status_code == 422
    page = text(answer)
    assert said in problem_of(page, name)
    assert SCRIPT not in page
    checked = sender.post(f"{URL}?check={name}", {"type": type_name, **fields}, headers=HTMX)
    assert said in text(checked).partition("<div")[0]
    assert not Job.objects.exists()


def problem_of(page: str, name: str) -> str:
    return page.partition(f'id="id_{name}_error"')[2].partition("</span>")[0]


def test_an_input_is_checked_alone_while_others_are_still_blank(sender: Client) -> None:
    fields = {"type": "email.send", "priority": "5", "payload.recipient": ""}
    answer = text(sender.post(f"{URL}?check=priority", fields, headers=HTMX))
    assert answer.lstrip().startswith('<div id="preview"')
    refused = text(sender.post(f"{URL}?check=priority", {**fields, "priority": "12"}, headers=HTMX))
    assert refused.startswith("must be a whole number")


def test_what_will_be_sent_is_shown_as_json_and_for_a_terminal(sender: Client) -> None:
    fields = {"type": "webhook.dispatch", "payload.url": "https://example.com/it's", "payload.secret": "sesame"}
    answer = text(sender.post(f"{URL}?check=payload.url", {**fields, "delay": "5m"}, headers=HTMX))
    assert "curl http://testserver/api/v1/jobs" in answer
    assert escape('"delay": "5m"') in answer
    assert escape("""https://example.com/it'"'"'s""") in answer
    assert "sesame" not in answer and "(secret)" in answer


def test_a_repeat_under_a_key_leads_to_the_first_job(sender: Client) -> None:
    fields = {"payload.message": "once", "idempotency_key": "k"}
    submit(sender, "fail", **fields)
    first = Job.objects.get().pk
    again = submit(sender, "fail", **fields)
    assert again.redirect_chain[0][0] == f"/admin/jobs/job/{first}/change/"
    assert "Nothing new" in text(again)
    other = submit(sender, "fail", **{**fields, "payload.message": "twice"})
    assert other.status_code == 422
    assert "was used for another request" in problem_of(text(other), "idempotency_key")


def test_unknown_keys_are_kept_and_warned_about(sender: Client) -> None:
    like = services.enqueue("email.send", {"recipient": "a@b.co", "durationMs": 5}).id
    page = text(sender.get(f"{URL}?like={like}"))
    assert escape('"durationMs": 5') in page
    answer = submit(sender, "email.send", **{"payload.recipient": "a@b.co", "payload": '{"durationMs": 5}'})
    assert "unknown to email.send, kept as it is" in text(answer)


def test_another_like_this_is_filled_in_without_its_key(sender: Client) -> None:
    options = {"priority": 7, "tags": ["x"], "idempotency_key": "only-once"}
    like = services.enqueue("fail", {"message": SCRIPT, "fail_times": 3}, **options).id
    page = text(sender.get(f"{URL}?like={like}"))
    assert escape(SCRIPT) in page and SCRIPT not in page
    assert 'value="3"' in page and 'value="7"' in page and 'value="x"' in page
    assert "only-once" not in page


def test_another_like_this_shows_no_payload_to_who_may_not_see_it(client: Client, sender: Client) -> None:
    like = services.enqueue("fail", {"message": "sesame"}).id
    client.force_login(scenes.user("una", "view_job", "submit_job", staff=True))
    assert "sesame" not in text(client.get(f"{URL}?like={like}"))


@pytest.mark.parametrize("like", ["x", "%00", str(UUID(int=1))])
def test_another_like_one_that_is_not_there(sender: Client, like: str) -> None:
    assert sender.get(f"{URL}?like={like}").status_code == 404


@pytest.mark.parametrize("type_name", ["nonsense", "generic", SCRIPT, "x" * 3000, "\0"])
def test_a_type_that_is_not_there_or_not_for_this_person(sender: Client, type_name: str) -> None:
    assert sender.get(URL, {"type": type_name}).status_code == 404
    assert submit(sender, type_name, **{"payload.command": "echo"}).status_code == 404
    assert not Job.objects.exists()


def test_a_tenant_of_others_is_refused(client: Client, sender: Client) -> None:
    client.force_login(scenes.user("tina", "view_job", "submit_job", staff=True, tenants=["own"]))
    answer = submit(client, "echo", tenant_id="theirs")
    assert answer.status_code == 422
    assert "you may not submit for this tenant" in text(answer)


def test_who_may_not_submit_is_refused(viewer: Client, nobody: Client, ordinary: Client) -> None:
    for client in (viewer, nobody):
        assert client.get(URL).status_code == 403
        assert client.post(URL, {"type": "echo"}).status_code == 403
    assert ordinary.get(URL)["Location"].startswith("/admin/login/")
    assert not Job.objects.exists()
    assert URL not in text(viewer.get("/admin/jobs/job/"))


def test_a_form_without_its_token_is_refused(sender: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = sender.cookies
    assert strict.post(URL, {"type": "echo"}).status_code == 403


def test_a_payload_of_any_size_and_depth_is_refused_or_taken(sender: Client) -> None:
    assert submit(sender, "echo", payload='{"text": "' + "x" * 200_000 + '"}').status_code == 200
    assert submit(sender, "echo", payload='{"deep": ' + "[" * 300 + "]" * 300 + "}").status_code == 422
    assert submit(sender, "echo", payload="[" * 100_000).status_code == 422
    assert submit(sender, "echo", payload='{"text": "\\u0000"}').status_code == 422
    assert submit(sender, "echo", payload='{"text": "\\ud800"}').status_code == 422
    assert Job.objects.count() == 1


def test_a_page_takes_few_queries(sender: Client, django_assert_max_num_queries: Any) -> None:
    sender.get(URL)
    with django_assert_max_num_queries(6):
        sender.get(f"{URL}?type=echo")
