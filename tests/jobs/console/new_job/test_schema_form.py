"""A form made of a handler's signature holds every payload that the handler takes, and refuses what it refuses."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, SecretStr

from jobs.console.new_job.schema_form import PayloadForm
from jobs.console.new_job.schema_parts import Kind, parts
from jobs.errors import Invalid
from jobs.registry import Definition, payload_model, registry
from tests.jobs.console import browsing

SCRIPT = "<script>alert(1)</script>{{ x }}{% now 'Y' %}"


class Colour(Enum):
    RED = "red"
    ONE = 1


class Street(BaseModel):
    name: str
    number: int | None = None


class Address(BaseModel):
    street: Street
    country: Literal["de", "fr"] = "de"


class Tree(BaseModel):
    label: str = ""
    below: "list[Tree]" = []


def everything(
    line: Annotated[str, Field(max_length=100, min_length=1, description="One line")],
    amount: Annotated[int, Field(ge=0, le=10)],
    sure: bool,
    address: Address,
    prose: Annotated[str, Field(max_length=5000)] = "once\nupon",
    ratio: float = 0.5,
    price: Decimal | None = None,
    loud: bool = True,
    perhaps: bool | None = None,
    colour: Colour = Colour.RED,
    shade: Literal["light", "dark"] | None = None,
    level: Literal[1, 2, 3] = 2,
    day: date | None = None,
    at: datetime | None = None,
    words: list[str] | None = None,
    numbers: list[int] = [1, 2],  # noqa: B006 - a default as a handler may declare it
    sides: set[Literal["a", "b", "c"]] = set(),  # noqa: B006
    ident: int | str = 7,
    second: Address | None = None,
    tree: Tree | None = None,
    free: dict[str, Any] | None = None,
    anything: Any = None,
    password: SecretStr | None = None,
    token: str = "",
) -> None: ...


def define(function: Any, type_name: str = "test.form", **fields: Any) -> Definition:
    model, takes_context, accepts_any = payload_model(type_name, function)
    return Definition(type_name, function, model, takes_context, is_async=False, accepts_any=accepts_any, **fields)


RICH = define(everything, sensitive=frozenset({"token"}))
NEEDED = {"line": "x", "amount": 1, "sure": False, "address": {"street": {"name": "Elm"}}}
PAYLOADS = [
    ("cleanup.run", {}),
    ("cleanup.run", {"older_than": "7d", "states": ["failed", "cancelled"], "dry_run": True}),
    ("cleanup.run", {"older_than": 90.5}),
    ("echo", {}),
    ("echo", {"delay_ms": 5, "message": SCRIPT, "deep": {"a": [1, None, {"b": True}]}}),
    ("email.send", {"recipient": "ada@example.com", "subject": "Hi \u202e", "body": "one\n\n two\n" * 100}),
    ("fail", {"message": "", "fail_times": 3, "delay_ms": 0}),
    ("file.ingest", {"file_id": "a-1", "source": "upload:demo.png"}),
    ("generic", {"command": "echo 'a b'", "args": ["", "two\nlines", " x "], "environment": {"A": "1"}}),
    ("generic", {"command": "echo", "args": ["[1]", "b"]}),
    ("image.thumbnail", {"path": "uploads/demo.png", "size": "lg", "width": 10, "format": "webp"}),
    ("image.thumbnail", {"file_id": "x"}),
    ("metadata.aggregate", {"file_id": "x", "unknown": [SCRIPT]}),
    ("report.generate", {"report_id": "r", "query": "queue_latency", "window": "24h", "period": "minute"}),
    ("url_scrape", {"url": "https://example.com/?a=1&b=2"}),
    ("user.notify", {"user_id": "42", "channel": "web"}),
    ("user.notify", {"user_id": 42, "channel": "email", "message": "a\nb"}),
    ("webhook.dispatch", {"url": "https://example.com/", "event": "order.paid", "body": {"n": [1, "2"]}}),
    ("webhook.dispatch", {"url": "https://example.com/", "body": "text"}),
]


def through(definition: Definition, payload: dict[str, Any]) -> dict[str, Any]:
    """What is sent when a form that shows `payload` is sent back as it is."""
    posted = browsing.untouched(PayloadForm(definition, payload=payload))
    form = PayloadForm(definition, posted)
    assert form.is_valid(), form.errors
    return form.payload()


def meant(definition: Definition, payload: dict[str, Any]) -> Any:
    return definition.model.model_validate(payload).model_dump()


@pytest.mark.parametrize(("name", "payload"), PAYLOADS)
def test_a_payload_comes_back_as_it_was(name: str, payload: dict[str, Any]) -> None:
    definition = registry.get(name)
    payload = {name: value for name, value in payload.items() if name not in definition.sensitive}
    assert meant(definition, through(definition, payload)) == meant(definition, payload)


def test_each_built_in_type_is_among_them() -> None:
    own = {definition.type for definition in registry if definition.function.__module__.startswith("jobs.handlers")}
    assert own == {name for name, _ in PAYLOADS}


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
WHOLE = st.integers(-(2**63), 2**63 - 1)
STREETS = st.fixed_dictionaries({"name": TEXT.filter(bool)}, optional={"number": st.none() | WHOLE})
ADDRESSES = st.fixed_dictionaries({"street": STREETS}, optional={"country": st.sampled_from(["de", "fr"])})
INSTANTS = st.datetimes(timezones=st.just(UTC))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
RICH_PAYLOADS = st.fixed_dictionaries(
    {
        "line": TEXT.filter(bool),
        "amount": st.integers(0, 10),
        "sure": st.booleans(),
        "address": ADDRESSES,
    },
    optional={
        "prose": st.lists(TEXT, max_size=4).map("\n".join),
        "ratio": st.floats(allow_nan=False, allow_infinity=False),
        "price": st.none() | st.decimals(-1000, 1000, places=2).map(str),
        "loud": st.booleans(),
        "perhaps": st.none() | st.booleans(),
        "colour": st.sampled_from(["red", 1]),
        "shade": st.none() | st.sampled_from(["light", "dark"]),
        "level": st.sampled_from([1, 2, 3]),
        "day": st.none() | st.dates().map(str),
        "at": st.none() | INSTANTS.map(datetime.isoformat) | st.just("2030-01-31T12:00:00+02:00"),
        "words": st.none() | st.lists(TEXT | st.sampled_from(["[", " a", "a\nb", "1"]), max_size=4),
        "numbers": st.lists(WHOLE, max_size=4),
        "sides": st.lists(st.sampled_from("abc"), unique=True, max_size=3),
        "ident": WHOLE | TEXT | st.sampled_from(["1", '"', " ", ""]),
        "second": st.none() | ADDRESSES,
        "tree": st.none() | st.just({"label": "a", "below": [{"label": "b"}]}),
        "free": st.none() | st.dictionaries(TEXT, JSON, max_size=3),
        "anything": JSON,
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RICH_PAYLOADS)
def test_whatever_the_model_takes_comes_back(payload: dict[str, Any]) -> None:
    assert meant(RICH, through(RICH, payload)) == meant(RICH, payload)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([part.name for top in parts(RICH) for part in top.inputs()]), TEXT))
def test_whatever_is_typed_is_taken_or_refused_beside_an_input(typed: dict[str, str]) -> None:
    data = QueryDict(mutable=True)
    data.update(typed)
    form = PayloadForm(RICH, data)
    if form.is_valid():
        RICH.validate(form.payload())
    assert set(form.errors) <= set(form.fields)


def test_each_sort_of_field_has_its_input() -> None:
    kinds = {".".join(part.path): part.kind for top in parts(RICH) for part in top.inputs()}
    assert kinds == {
        "line": Kind.LINE,
        "amount": Kind.NUMBER,
        "sure": Kind.FLAG,
        "address": Kind.GROUP,
        "address.street": Kind.GROUP,
        "address.street.name": Kind.LINE,
        "address.street.number": Kind.NUMBER,
        "address.country": Kind.CHOICE,
        "prose": Kind.PROSE,
        "ratio": Kind.NUMBER,
        "price": Kind.SCALAR,
        "loud": Kind.FLAG,
        "perhaps": Kind.FLAG,
        "colour": Kind.CHOICE,
        "shade": Kind.CHOICE,
        "level": Kind.CHOICE,
        "day": Kind.DATE,
        "at": Kind.INSTANT,
        "words": Kind.LIST,
        "numbers": Kind.LIST,
        "sides": Kind.CHOICES,
        "ident": Kind.SCALAR,
        "second": Kind.GROUP,
        "second.street": Kind.GROUP,
        "second.street.name": Kind.LINE,
        "second.street.number": Kind.NUMBER,
        "second.country": Kind.CHOICE,
        "tree": Kind.GROUP,
        "tree.label": Kind.LINE,
        "tree.below": Kind.JSON,
        "free": Kind.JSON,
        "anything": Kind.JSON,
        "password": Kind.LINE,
        "token": Kind.LINE,
    }


def test_constraints_defaults_and_descriptions_are_in_the_page() -> None:
    form = PayloadForm(RICH)
    amount, line = str(form["payload.amount"]), str(form["payload.line"])
    assert 'type="number"' in amount
    assert 'min="0"' in amount
    assert 'max="10"' in amount
    assert "required" in amount
    assert 'maxlength="100"' in line
    assert form["payload.line"].help_text == "One line"
    assert "upon" in str(form["payload.prose"])
    assert "checked" in str(form["payload.loud"])
    assert 'type="datetime-local"' in str(form["payload.at"])


def test_a_secret_is_typed_blindly_and_never_shown_again() -> None:
    payload = {**NEEDED, "password": "hunter2", "token": "sesame"}
    form = PayloadForm(RICH, payload=payload)
    for name in ("payload.password", "payload.token"):
        assert 'type="password"' in str(form[name])
    assert "hunter2" not in str(form)
    assert "sesame" not in str(form)
    posted = browsing.untouched(form)
    posted["payload.token"] = "sesame"
    sent = PayloadForm(RICH, posted)
    assert sent.is_valid()
    assert sent.payload()["token"] == "sesame"
    assert sent.shown_payload()["token"] == "(secret)"
    assert "sesame" not in str(sent)


def test_what_the_model_refuses_stands_beside_its_input() -> None:
    posted = browsing.untouched(PayloadForm(RICH, payload=NEEDED))
    posted.update({"payload.amount": "11", "payload.address.street.name": "", "payload.numbers": "1\nx"})
    posted["payload.amount"] = "11"
    posted["payload.address.street.name"] = ""
    posted["payload.free"] = "{"
    form = PayloadForm(RICH, posted)
    assert set(form.errors) == {"payload.free"}
    posted["payload.free"] = ""
    form = PayloadForm(RICH, posted)
    assert set(form.errors) == {"payload.amount", "payload.address.street.name", "payload.numbers"}
    assert form.errors["payload.amount"] == ["Input should be less than or equal to 10"]


def test_what_was_left_at_its_default_is_not_sent() -> None:
    assert through(RICH, NEEDED) == NEEDED


def test_keys_that_have_no_input_are_edited_as_json() -> None:
    form = PayloadForm(registry.get("test.letter"), payload={"recipient": "ada", "duration_ms": 5})
    assert json.loads(str(form["payload"].value())) == {"duration_ms": 5}
    assert PayloadForm(registry.get("test.letter")).others is None
    assert PayloadForm(registry.get("echo")).others is not None


@pytest.mark.parametrize("text", ["{", "[1]", "null", "[" * 50_000, "NaN", '{"a": NaN}', "1" * 1_100_001])
def test_other_keys_that_are_no_object(text: str) -> None:
    form = PayloadForm(registry.get("echo"), QueryDict(mutable=True) | {"payload": text})
    assert set(form.errors) == {"payload"}


def test_hostile_text_stays_text() -> None:
    form = PayloadForm(registry.get("echo"), payload={"message": SCRIPT})
    assert SCRIPT not in str(form)
    refused = PayloadForm(registry.get("email.send"), {"payload.recipient": SCRIPT})
    assert not refused.is_valid()
    assert SCRIPT not in str(refused)


def test_the_model_alone_decides() -> None:
    definition = registry.get("email.send")
    form = PayloadForm(definition, {"payload.recipient": "nobody"})
    with pytest.raises(Invalid) as refused:
        definition.validate({"recipient": "nobody"})
    assert form.errors == refused.value.details
