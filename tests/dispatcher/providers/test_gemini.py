"""The real google-genai client against a local server that speaks Gemini's protocol."""

from dataclasses import replace
from typing import Any

import pytest

from dispatcher.choices import Choices
from dispatcher.conf import Options
from dispatcher.errors import ProviderRefused, ProviderUnavailable, UnfitAnswer
from dispatcher.providers.contract import Trace
from dispatcher.providers.gemini import Gemini
from dispatcher.schema import Proposal
from jobs.registry import registry
from tests.dispatcher.model_server import Reply, Script, gemini, gemini_error, job
from tests.dispatcher.providers.conftest import Scripted

MINE = Choices.of([(label, registry.get(type_)) for label, type_ in (("general", "echo"), ("Mail", "email.send"))])
MAIL = job("Mail", {"recipient": "bob@example.com", "subject": "Hi"})
CONF = Options(gemini_key="a-key", gemini_model="first", gemini_fallbacks=("second", "third"))


def ask(script: Script, prompt: str = "mail bob", **options: Any) -> tuple[Proposal, Trace]:
    trace = Trace("gemini")
    return Gemini(replace(CONF, gemini_url=script.url, **options))(prompt, MINE, trace), trace


def failure(script: Script, kind: type[Exception], **options: Any) -> str:
    """The message of the failure; it must not repeat the provider."""
    with pytest.raises(kind) as caught:
        ask(script, **options)
    assert "AIza" not in str(caught.value)
    return str(caught.value)


def test_an_answer_becomes_a_proposal_with_its_tokens(scripted: Scripted) -> None:
    script = scripted({"first": gemini(MAIL)})
    proposal, trace = ask(script)
    assert (proposal.label, proposal.payload) == ("Mail", {"recipient": "bob@example.com", "subject": "Hi"})
    assert proposal.confidence == 0.9
    assert (trace.model, trace.input_tokens, trace.output_tokens, trace.answer) == ("first", 120, 17, MAIL)
    assert script.headers[0]["x-goog-api-key"] == "a-key"


def test_the_schema_holds_the_users_categories_and_no_other(scripted: Scripted) -> None:
    script = scripted({"first": gemini(MAIL)})
    ask(script)
    config = script.bodies[0]["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    jobs = config["responseSchema"]["properties"]["job"]["any_of"]
    assert [one["properties"]["category"]["enum"] for one in jobs] == [["general"], ["Mail"]]
    assert jobs[1]["properties"]["payload"]["required"] == ["recipient"]


@pytest.mark.parametrize("text", [f"```json\n{MAIL}\n```", f"Sure! Here it is:\n{MAIL}\nAnything else?", f" {MAIL} "])
def test_fences_and_chat_around_the_answer_are_passed_over(scripted: Scripted, text: str) -> None:
    proposal, _ = ask(scripted({"first": gemini(text)}))
    assert proposal.payload["recipient"] == "bob@example.com"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "I would rather not.",
        '{"job": ',
        "[1, 2]",
        job("cleanup.run", {}),
        '{"job": {"category": 7}}',
        '{"job": {"category": "Mail", "payload": "x"}}',
        '{"job": {"category": "Mail", "payload": {"recipient": "' + "x" * 70_000 + '"}}}',
        "{" * 5000,
    ],
    ids=["nothing", "empty", "chat", "cut", "list", "foreign", "number", "text payload", "long", "deep"],
)
def test_what_does_not_fit_is_refused_and_no_other_model_is_asked(scripted: Scripted, text: str | None) -> None:
    script = scripted({"*": gemini(text)})
    failure(script, UnfitAnswer)
    assert script.asked == ["first"]


def test_an_answer_that_is_nested_without_end_is_refused(scripted: Scripted) -> None:
    failure(scripted({"*": Reply(b"[" * 100_000)}), UnfitAnswer)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_stops_at_once(scripted: Scripted, status: int) -> None:
    script = scripted({"first": gemini_error(status), "*": gemini(MAIL)})
    failure(script, ProviderRefused)
    assert script.asked == ["first"]


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_the_next_model_is_asked_when_one_is_overloaded(scripted: Scripted, status: int) -> None:
    script = scripted({"first": gemini_error(status), "second": gemini_error(status), "third": gemini(MAIL)})
    proposal, trace = ask(script)
    assert proposal.label == "Mail"
    assert script.asked == list(trace.tried) == ["first", "second", "third"]
    assert trace.model == "third"


def test_words_in_an_error_do_not_decide_whether_the_next_is_asked(scripted: Scripted) -> None:
    script = scripted({"first": gemini_error(400, "503 overloaded, RESOURCE_EXHAUSTED"), "*": gemini(MAIL)})
    failure(script, ProviderRefused)
    assert script.asked == ["first"]


def test_when_all_are_overloaded_it_says_so(scripted: Scripted) -> None:
    script = scripted({"*": gemini_error(429)})
    assert "overloaded" in failure(script, ProviderUnavailable)
    assert script.asked == ["first", "second", "third"]


def test_a_model_that_hangs_leaves_time_for_the_next(scripted: Scripted) -> None:
    script = scripted({"first": Reply(hang=True), "second": gemini(MAIL)})
    proposal, trace = ask(script, timeout=6.0, gemini_fallbacks=("second",))
    assert proposal.label == "Mail" and trace.model == "second"


def test_the_deadline_is_for_the_whole_chain(scripted: Scripted) -> None:
    script = scripted({"*": Reply(hang=True)})
    assert "in time" in failure(script, ProviderUnavailable, timeout=0.6)
    assert script.asked == sorted(script.asked, key=["first", "second", "third"].index)


def test_a_flood_is_cut_off(scripted: Scripted) -> None:
    failure(scripted({"first": Reply(b'{"candidates": "' + b"x" * 2_000_000 + b'"}')}), UnfitAnswer)


def test_an_answer_of_another_protocol_is_refused(scripted: Scripted) -> None:
    failure(scripted({"first": Reply(b"<html>AIza</html>")}), UnfitAnswer)


def test_a_server_that_is_not_there_is_said() -> None:
    nowhere = Script({}, url="http://127.0.0.1:9")
    assert "reached" in failure(nowhere, ProviderUnavailable)


def test_a_free_payload_comes_as_pairs_and_is_put_together(scripted: Scripted) -> None:
    more = [{"name": "count", "value": "3"}, {"name": "colour", "value": "red"}]
    proposal, _ = ask(scripted({"first": gemini(job("GENERAL", {"more": more, "delay_ms": None}))}))
    assert (proposal.label, proposal.payload) == ("general", {"count": 3, "colour": "red"})
