"""One letter is edited and replayed in its dialog."""

from typing import Any

import pytest
from django.test import Client

from jobs.models import AuditEntry, DeadLetter, Job
from tests.jobs import builders, scenes

HTMX = {"HX-Request": "true"}


def failed(type: str = "test.letter", payload: dict[str, Any] | None = None, **options: Any) -> DeadLetter:
    given = {"recipient": "nobody", "page_count": 2} if payload is None else payload
    job_id = scenes.failed(type, given, **{"queue": "default", **options})
    return DeadLetter.objects.get(job_id=job_id)


def url(letter: DeadLetter) -> str:
    return f"/admin/jobs/deadletter/verb/replay/?key={letter.pk}"


def check(client: Client, letter: DeadLetter, payload: str) -> str:
    answer = client.post(url(letter), {"payload": payload, "check": "1"}, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_asks_with_the_payload_that_there_is(operator: Client) -> None:
    letter = failed()
    part = operator.get(url(letter), headers=HTMX).content.decode()
    assert "<html" not in part and "Edit and replay" in part
    assert "&quot;recipient&quot;: &quot;nobody&quot;" in part
    assert "Nothing is changed yet, and test.letter takes it as it is." in part
    assert "<html" in operator.get(url(letter)).content.decode()


def test_a_change_is_shown_before_it_is_made(operator: Client) -> None:
    letter = failed()
    part = check(operator, letter, '{"recipient": "ada", "page_count": 2}')
    assert '<bdi class="was">&quot;nobody&quot;</bdi>' in part and '<bdi class="is">&quot;ada&quot;</bdi>' in part
    assert "1 field stays as before." in part
    assert builders.state(letter.job_id) == "failed"
    assert not AuditEntry.objects.exists()


def test_what_the_handler_would_refuse_is_said_beside_its_field(operator: Client) -> None:
    letter = failed()
    part = check(operator, letter, '{"page_count": "many"}')
    row = part.split("page_count")[1].split("</tr>")[0]
    assert "should be a valid integer" in row
    assert "Field required" in part.split(">recipient<")[1].split("</tr>")[0]
    assert "This is not JSON." in check(operator, letter, "{")


def test_it_is_replayed_with_the_new_payload_queue_and_priority(operator: Client) -> None:
    letter = failed()
    body = {"payload": '{"recipient": "ada"}', "queue": "slow", "priority": "9", "reason": "found her"}
    answer = operator.post(url(letter), body, headers=HTMX)
    assert answer.status_code == 204
    assert "1 dead letter replayed." in answer["HX-Trigger"]
    job = Job.objects.get(pk=letter.job_id)
    assert (job.state, job.queue, job.priority, job.payload) == ("queued", "slow", 9, {"recipient": "ada"})
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.reason, entry.source) == ("job.replayed", "found her", "127.0.0.1")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"payload": "{"}, "This is not JSON."),
        ({"payload": "null"}, "This is not a JSON object."),
        ({"payload": "[1]"}, "This is not a JSON object."),
        ({"payload": '{"page_count": 1}'}, "Field required"),
        ({"queue": "NOT A QUEUE"}, "queue:"),
        ({"priority": "11"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_comes_back_with_the_form(operator: Client, body: dict[str, str], said: str) -> None:
    letter = failed()
    answer = operator.post(url(letter), {"payload": '{"recipient": "x"}', **body}, headers=HTMX)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert builders.state(letter.job_id) == "failed"


def test_the_payload_is_for_who_may_see_it_and_submit_such_a_job(roles: None, client: Client) -> None:
    letter = failed("generic", {"command": "echo hello"})
    rights = ("view_job", "view_deadletter", "replay_job")
    client.force_login(scenes.user("rita", *rights, staff=True))
    page = client.get(url(letter)).content.decode()
    assert "echo hello" not in page and 'name="payload"' not in page
    answer = client.post(url(letter), {"payload": '{"command": "rm"}'}, headers=HTMX)
    assert answer.status_code == 204
    assert Job.objects.get(pk=letter.job_id).payload == {"command": "echo hello"}


def test_nobody_without_the_permission_replays(viewer: Client) -> None:
    letter = failed()
    assert viewer.get(url(letter)).status_code == 403
    assert viewer.post(url(letter), {"payload": "{}"}).status_code == 403
    assert builders.state(letter.job_id) == "failed"


def test_a_letter_of_somebody_else_is_not_there(roles: None, client: Client) -> None:
    client.force_login(scenes.user("rita", "view_deadletter", "replay_job", staff=True))
    letter = failed()
    assert client.get(url(letter)).status_code == 404
    assert client.post(url(letter), {}).status_code == 404


def test_one_that_was_replayed_meanwhile_says_so(operator: Client) -> None:
    letter = failed()
    operator.post(url(letter), {"payload": '{"recipient": "x"}'})
    answer = operator.post(url(letter), {"payload": '{"recipient": "y"}'}, headers=HTMX)
    assert answer.status_code == 422
    assert "is queued and cannot be replayed" in answer.content.decode()
