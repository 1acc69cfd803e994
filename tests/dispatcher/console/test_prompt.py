"""The prompt bar: a sentence in, and what becomes of it."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from dispatcher import categories
from dispatcher.models import Dispatch
from jobs.models import Job
from jobs.rates import Rate
from tests.dispatcher.console.conftest import Enter
from tests.jobs import scenes

HTMX = {"HX-Request": "true"}
MAIL = "send an email to bob@example.com about tomorrow's launch"


@pytest.fixture
def labels(ada: User) -> None:
    categories.replace(ada.pk, ["general", "email"])


def say(client: Client, prompt: str, action: str = "send", url: str = "/", **headers: str) -> Any:
    return client.post(url, {"prompt": prompt, "action": action}, headers={**HTMX, **headers})


def test_a_sentence_becomes_a_job_and_the_browser_hears_which(enter: Enter, ada: User, labels: None) -> None:
    answer = say(enter(ada), MAIL)
    job = Job.objects.get()
    assert (answer.status_code, job.type, job.owner_id) == (200, "email.send", ada.pk)
    assert json.loads(answer["HX-Trigger"]) == {"sent": {"job": str(job.pk)}, "acted": {}}
    html = answer.content.decode()
    assert html.strip().startswith('<section class="panel panel-prompt"') and MAIL.split("'")[0] not in html


def test_the_card_of_what_was_sent_last_is_marked(enter: Enter, ada: User, labels: None) -> None:
    client = enter(ada)
    scenes.queued(owner_id=ada.pk)
    say(client, MAIL)
    latest = Job.objects.get(type="email.send")
    html = client.get("/?panel=board", headers=HTMX).content.decode()
    assert re.findall(r'class="card card-\w+ latest" id="card-([0-9a-f-]+)"', html) == [str(latest.pk)]


def test_a_preview_says_what_it_would_become_and_submits_nothing(enter: Enter, ada: User, labels: None) -> None:
    answer = say(enter(ada), MAIL, "preview")
    html = answer.content.decode()
    assert (answer.status_code, Job.objects.count()) == (200, 0)
    assert "email.send" in html and "bob@example.com" in html and "offline-parser" in html and "% sure" in html
    assert "tomorrow&#x27;s launch</textarea>" in html
    assert "HX-Trigger" not in answer


@pytest.mark.parametrize(
    ("prompt", "said"), [("", "Say what to do."), (" \n ", "Say what to do."), ("x" * 4001, "At most")]
)
def test_what_is_no_sentence_is_refused_and_stays(
    enter: Enter, ada: User, labels: None, prompt: str, said: str
) -> None:
    answer = say(enter(ada), prompt)
    assert (answer.status_code, Job.objects.count()) == (422, 0)
    assert said in answer.content.decode()


def test_what_cannot_be_read_says_why_and_the_sentence_stays(enter: Enter, ada: User, labels: None) -> None:
    answer = say(enter(ada), "send an <b>email</b> to nobody")
    html = answer.content.decode()
    assert answer.status_code == 422 and not Job.objects.exists()
    assert 'class="problem"' in html and "send an &lt;b&gt;email&lt;/b&gt; to nobody</textarea>" in html


def test_plain_english_that_is_switched_off_says_so(
    enter: Enter, ada: User, labels: None, configure: Callable[..., None]
) -> None:
    configure(provider="none")
    client = enter(ada)
    html = client.get("/").content.decode()
    assert "Plain English is switched off here" in html and re.search(r"<textarea[^>]* disabled", html)
    answer = say(client, MAIL)
    assert answer.status_code == 422 and not Job.objects.exists()
    assert "Plain English is switched off here (DISPATCH_PROVIDER=none)." in answer.content.decode()


def test_sentences_are_limited_together_with_those_of_the_api(
    enter: Enter, ada: User, labels: None, settings: Settings
) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, dispatch_rate=Rate(2, 60.0))
    client = enter(ada)
    assert client.post("/dispatch", {"prompt": MAIL}, "application/json").status_code == 201
    assert say(client, MAIL, "preview").status_code == 200
    answer = say(client, MAIL)
    assert answer.status_code == 422 and Job.objects.count() == 1
    assert re.search(r"Too many sentences: try again in \d+ s\.", answer.content.decode())
    assert client.post("/dispatch", {"prompt": MAIL}, "application/json").status_code == 429


def test_who_may_not_submit_has_no_bar_and_is_refused(enter: Enter) -> None:
    client = enter(scenes.user("eve"))
    assert "panel-prompt" not in client.get("/").content.decode()
    assert client.get("/?panel=prompt", headers=HTMX).status_code == 404
    assert say(client, MAIL).status_code == 403
    assert client.post("/", {"prompt": MAIL}).status_code == 403
    assert not Job.objects.exists() and not Dispatch.objects.exists()


def test_a_viewer_of_the_staff_has_no_bar_either(enter: Enter, viewer: User) -> None:
    client = enter(viewer)
    assert "panel-prompt" not in client.get("/admin/pipeline/").content.decode()
    assert say(client, MAIL, url="/admin/pipeline/").status_code == 403


def test_without_scripts_it_is_an_ordinary_form(enter: Enter, ada: User, labels: None) -> None:
    client = enter(ada)
    sent = client.post("/", {"prompt": MAIL, "action": "send"}, follow=True)
    assert sent.redirect_chain == [("/", 302)] and "Sent: email.send." in sent.content.decode()
    refused = client.post("/", {"prompt": " ", "action": "send"})
    assert refused.status_code == 422 and "<html" in refused.content.decode()


def test_a_form_without_its_token_is_refused(ada: User, labels: None) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert say(strict, MAIL).status_code == 403
    assert not Job.objects.exists()


def test_the_labels_are_beside_the_bar(enter: Enter, ada: User, labels: None) -> None:
    html = enter(ada).get("/").content.decode()
    assert 'title="email.send">email</span>' in html and 'href="/settings/dispatch-categories"' in html
