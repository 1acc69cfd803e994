"""The pipeline in a real browser: what one sends is a card at once, and moves as its job does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect

from dispatcher import categories
from jobs.models import Job
from tests.acceptance.system import System
from tests.browser import looks
from tests.jobs import builders, scenes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOSTILE = '<img src=x onerror="window.broken=1"><b>hello</b>'
# What a test asks about motion: the cards that were animated.
_WATCH = """
    window.moved = [];
    const animate = Element.prototype.animate;
    Element.prototype.animate = function (frames, options) {
        if (String(frames[0].transform).startsWith("translate(")) window.moved.push(this.id);
        return animate.call(this, frames, options);
    };
"""
_SLOWLY = """
    const quickly = Element.prototype.animate;
    Element.prototype.animate = function (frames, options) {
        return quickly.call(this, frames, { ...options, duration: 60000 });
    };
"""
# As behind something that swallows whatever stays open.
_NO_STREAMS = """
    delete window.WebSocket;
    window.EventSource = class extends EventTarget { close() {} };
"""
Enter = Callable[[User], None]


@pytest.fixture
def ada(transactional_db: None) -> User:
    user = scenes.user("ada", "submit_job")
    categories.replace(user.pk, ["general", "email"])
    return user


def say(page: Page, sentence: str) -> None:
    page.get_by_label("Plain English in").fill(sentence)
    page.get_by_label("Plain English in").press("Enter")


def refresh(page: Page) -> None:
    page.locator(".live-button").click()
    page.get_by_role("button", name="Reconnect").click()


@pytest.mark.parametrize("streams", [True, False], ids=["streams", "polling"])
def test_what_is_sent_travels_across_the_columns_without_a_reload(
    system: System, page: Page, enter: Enter, ada: User, tmp_path: Path, streams: bool
) -> None:
    gate = tmp_path / "gate"
    categories.replace(ada.pk, [{"label": "hold", "type": "test.holds"}])
    enter(ada)
    page.add_init_script(_WATCH if streams else _WATCH + _NO_STREAMS)
    page.goto("/")
    expect(page.locator(".live-mode")).to_have_text("Live" if streams else "Polling")
    page.evaluate("window.same = 'page'")
    say(page, f"hold ledger={tmp_path / 'ledger'}, gate={gate}")
    card = page.locator(".column-pending .card.latest")
    expect(card).to_contain_text("test.holds")
    job_id = Job.objects.get().pk
    expect(card).to_have_id(f"card-{job_id}")
    expect(page.get_by_label("Plain English in")).to_have_value("")
    system.worker()
    expect(page.locator(f".column-running #card-{job_id}")).to_be_visible()
    gate.touch()
    expect(page.locator(f".column-succeeded #card-{job_id}")).to_be_visible()
    expect(page.locator(f"#card-{job_id}")).to_have_count(1)
    expect(page.locator("#panel-feed")).to_contain_text("succeeded")
    assert page.evaluate("window.same") == "page"
    assert f"card-{job_id}" in page.evaluate("window.moved")


def test_nothing_moves_for_who_wants_no_motion(page: Page, enter: Enter, ada: User) -> None:
    job_id = scenes.queued(owner_id=ada.pk)
    page.emulate_media(reduced_motion="reduce")
    page.add_init_script(_WATCH)
    enter(ada)
    page.goto("/")
    scenes.begin(job_id)
    expect(page.locator(f".column-running #card-{job_id}")).to_be_visible()
    assert page.evaluate("window.moved") == []


def test_a_card_on_its_way_does_not_widen_a_window_that_becomes_narrow(page: Page, enter: Enter, ada: User) -> None:
    job_id = scenes.queued(owner_id=ada.pk)
    page.add_init_script(_SLOWLY + _WATCH)
    enter(ada)
    page.goto("/")
    scenes.begin(job_id)
    refresh(page)
    page.evaluate("new Promise(done => (function look() { window.moved.length ? done() : setTimeout(look, 10); })())")
    assert looks.fits(page, 390)
    assert page.locator(f"#card-{job_id}").evaluate("card => card.getAnimations().length") == 0


def test_a_board_drawn_while_the_window_becomes_narrow_moves_no_card(page: Page, enter: Enter, ada: User) -> None:
    job_id = scenes.queued(owner_id=ada.pk)
    page.add_init_script(_WATCH)
    enter(ada)
    page.goto("/")
    expect(page.locator(".live-mode")).to_have_text("Live")
    page.wait_for_load_state("networkidle")
    scenes.begin(job_id)
    page.evaluate("htmx.config.defaultSettleDelay = 2000")
    page.evaluate("document.body.addEventListener('htmx:afterSettle', () => document.body.dataset.settled = '')")
    refresh(page)
    expect(page.locator(f".column-running #card-{job_id}")).to_be_visible()
    assert looks.fits(page, 390)
    expect(page.locator("[data-settled]")).to_be_attached()
    assert page.evaluate("window.moved") == []


def test_the_card_is_there_before_the_server_has_answered(page: Page, enter: Enter, ada: User) -> None:
    held: list[Route] = []
    page.route("**/", lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    enter(ada)
    page.goto("/")
    say(page, "say <b>hello</b><script>broken()</script>")
    card = page.locator(".column-pending .card.latest")
    expect(card).to_contain_text("say <b>hello</b><script>broken()</script>")
    expect(card).to_contain_text("Sending")
    scenes.queued(owner_id=ada.pk)
    refresh(page)
    expect(page.locator(".column-pending .card")).to_have_count(2)
    expect(card).to_contain_text("Sending")
    held[0].continue_()
    expect(card).not_to_contain_text("Sending")
    expect(card).to_have_id(f"card-{Job.objects.order_by('-pk')[0].pk}")
    expect(card).to_contain_text("<b>hello</b>")


def test_a_sentence_that_is_refused_stays_with_a_reason(page: Page, enter: Enter, ada: User) -> None:
    categories.replace(ada.pk, ["email"])
    enter(ada)
    page.goto("/")
    say(page, "send an email to nobody")
    expect(page.locator("#prompt-answer .problem")).to_contain_text("email.send")
    expect(page.get_by_label("Plain English in")).to_have_value("send an email to nobody")
    expect(page.locator(".card")).to_have_count(0)
    page.get_by_label("Plain English in").fill("send an email to eve@example.com about lunch")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#prompt-answer")).to_contain_text("eve@example.com")
    assert not Job.objects.exists()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".column-pending .card.latest")).to_contain_text("email.send")


def test_a_sentence_without_an_answer_stays_too(page: Page, enter: Enter, ada: User) -> None:
    page.route("**/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    enter(ada)
    page.goto("/")
    say(page, "say hello")
    expect(page.locator("#prompt-answer .problem")).to_contain_text("No answer came")
    expect(page.get_by_label("Plain English in")).to_have_value("say hello")
    expect(page.get_by_label("Plain English in")).to_be_editable()
    expect(page.locator(".card")).to_have_count(0)


def test_somebody_elses_job_never_shows(page: Page, enter: Enter, ada: User) -> None:
    other = scenes.user("bob")
    theirs = scenes.failed(owner_id=other.pk, payload={"note": "bobs own"})
    enter(ada)
    page.goto("/")
    mine, later = scenes.queued(owner_id=ada.pk), scenes.queued(owner_id=other.pk)
    expect(page.locator(f"#card-{mine}")).to_be_visible()
    for job_id in (theirs, later):
        expect(page.locator(f"#card-{job_id}")).to_have_count(0)
    expect(page.locator("body")).not_to_contain_text("bobs own")
    page.goto(f"/?open=/my/jobs/{theirs}")
    expect(page.get_by_text("That did not work (404).")).to_be_visible()
    expect(page.locator("#drawer")).to_be_hidden()


def test_an_operator_opens_a_hostile_job_and_nothing_of_it_runs(page: Page, sign_in: Any) -> None:
    job_id = scenes.failed(payload={HOSTILE: [HOSTILE, "{{ 7|add:7 }}", "abc\u202egpj.exe"]})
    sign_in("operator")
    page.goto("/admin/pipeline/")
    card = page.locator(f".column-failed #card-{job_id}")
    expect(card).to_contain_text('onerror=\\"window.broken=1\\"')
    card.get_by_role("link").click()
    expect(page.locator("#drawer-content").first).to_contain_text("no such thing")
    assert page.evaluate("window.broken") is None


def test_all_of_it_is_done_by_keys(page: Page, enter: Enter, ada: User) -> None:
    enter(ada)
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("say hello")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("to everybody")
    page.keyboard.press("Enter")
    card = page.locator(".column-pending .card.latest")
    expect(card).to_contain_text("echo")
    assert Job.objects.get().payload == {"message": "say hello\nto everybody"}
    expect(page.get_by_label("Plain English in")).to_be_focused()
    link = card.get_by_role("link")
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if link.evaluate("element => element === document.activeElement"):
            break
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#drawer")).to_contain_text("Timeline")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    expect(link).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/admin/pipeline/"])
def test_it_fits_a_phone(page: Page, enter: Enter, path: str) -> None:
    user = scenes.user("zoe", "submit_job", "view_job", "view_payload", staff=path != "/")
    long = {"a" * 300: "b" * 3000}
    for _ in range(3):
        builders.failed(type="test." + "long" * 60, payload=json.dumps(long), owner_id=user.pk)
    page.set_viewport_size({"width": 390, "height": 844})
    enter(user)
    page.goto(path)
    expect(page.locator(".column-failed .card")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport()
