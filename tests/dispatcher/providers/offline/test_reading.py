"""The offline parser, measured by sentences, and held to what is true of any text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from dispatcher.choices import Choice, Choices
from dispatcher.providers.offline import fields
from dispatcher.providers.offline.reading import Reading, read
from jobs.registry import Definition, registry
from tests.dispatcher.sentences import LATER, SENTENCES, SOME, Sentence

BUILT_IN = Choices.of([(one.type, one) for one in registry if not one.type.startswith(("test.", "task:"))])
ODD = ["{", '"', "'", "a=", "9" * 30, "x/" * 30, "\n", "ß", "\0"]
FRAGMENTS = st.sampled_from([*(word for one in SENTENCES for word in one.text.split()), *ODD])
TEXTS = st.lists(st.one_of(FRAGMENTS, st.text(max_size=12)), max_size=40).map(" ".join)


def is_right(sentence: Sentence, reading: Reading | None) -> bool:
    """The type, and the whole payload as the handler would store it."""
    if reading is None or reading.choice.definition.type != sentence.type:
        return False
    open_ones = {name for name, value in sentence.payload.items() if value is SOME}
    wanted = sentence.payload | {name: reading.payload.get(name) for name in open_ones}
    validate = reading.choice.definition.validate
    return open_ones <= set(reading.payload) and validate(reading.payload)[0] == validate(wanted)[0]


@pytest.mark.parametrize("sentences", [SENTENCES, LATER], ids=["written before", "written later"])
def test_nine_of_ten_sentences_are_understood(sentences: list[Sentence]) -> None:
    missed = [one.text for one in sentences if not is_right(one, read(one.text, BUILT_IN))]
    assert len(missed) <= len(sentences) / 10, missed


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_any_text_is_read_and_only_as_one_of_the_choices(text: str) -> None:
    reading = read(text, BUILT_IN)
    assert reading is not None and reading.choice in BUILT_IN.all
    assert 0 <= reading.confidence <= 0.95
    assert reading == read(text, BUILT_IN)


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_only_the_fields_of_the_handler_are_filled(text: str) -> None:
    only = Choices.of([("mail", registry.get("email.send"))])
    reading = read(text, only)
    assert reading is not None and set(reading.payload) <= {"recipient", "subject", "body"}
    assert all(value in text for value in reading.payload.values())


def test_a_sentence_that_means_nothing_is_said_to_be_unsure() -> None:
    reading = read("the colour of the sky", BUILT_IN)
    assert reading is not None
    assert (reading.choice.definition.type, reading.payload) == ("echo", {"message": "the colour of the sky"})
    assert reading.confidence < 0.5


def test_without_choices_nothing_is_read() -> None:
    assert read("echo hello", Choices(())) is None


def test_a_label_of_the_users_own_speaks_for_its_handler() -> None:
    choices = Choices.of([("newsletter", registry.get("email.send")), ("general", registry.get("echo"))])
    reading = read("the newsletter, to zoe@example.com, about spring", choices)
    assert reading is not None
    assert reading.choice.labels == ("newsletter",)
    assert reading.payload == {"recipient": "zoe@example.com", "subject": "spring"}


class Copying(BaseModel):
    source_url: str
    target_url: str
    row_limit: int = 0
    mode: str = Field(default="append", json_schema_extra={"enum": ["append", "replace"]})
    pause_ms: int = 0


def test_a_handler_that_the_parser_never_saw_is_filled_by_its_schema() -> None:
    definition = Definition("table.copy", print, Copying, False, False, False, summary="Copy the rows of a table.")
    text = "copy the table to https://b.example/t from https://a.example/t, replace, row limit 500, pause of 2 seconds"
    reading = read(text, Choices((*BUILT_IN.all, Choice(definition, ("copy",)))))
    assert reading is not None and reading.choice.definition is definition
    assert reading.payload == {
        "source_url": "https://a.example/t",
        "target_url": "https://b.example/t",
        "row_limit": 500,
        "mode": "replace",
        "pause_ms": 2000,
    }


def test_kinds_come_from_the_schema() -> None:
    kinds = {one.name: one.kinds for one in fields.of(registry.get("image.thumbnail"))}
    assert kinds["path"] == ("path", "text")
    assert kinds["size"] == ("choice",)
    assert kinds["width"] == ("number",)
    assert kinds["file_id"] == ("id",)
