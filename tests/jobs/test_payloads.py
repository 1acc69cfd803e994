"""A payload comes to its handler as it was sent, by way of the JSON that is stored."""

from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
import pytest
from pydantic import (
    AliasChoices,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    Json,
    Secret,
    SecretBytes,
    SecretStr,
    computed_field,
)
from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict

from jobs.errors import Invalid
from jobs.registry import Definition, payload_model, secrets


class Address(BaseModel):
    zip_code: str = Field(alias="zipCode")
    city: str = Field("", validation_alias=AliasChoices("town", "city"), serialization_alias="place")


class Shouting(BaseModel):
    model_config = ConfigDict(alias_generator=str.upper, extra="forbid", serialize_by_alias=True)

    kind: Literal["shouting"] = "shouting"

    @computed_field
    def loud(self) -> str:
        return self.kind.upper()


class Plain(BaseModel):
    kind: Literal["plain"]


class Colour(Enum):
    RED = "red"


@dataclass
class Point:
    x: int
    y: int = 0


class Pair(TypedDict):
    left: int
    right: Annotated[int, Field(alias="rightHand")]


class Account(BaseModel):
    password: SecretStr


@dataclass
class Login:
    name: str
    password: SecretStr


class Node(BaseModel):
    children: list["Node"] = []
    account: Account | None = None


def definition(annotation: Any) -> Definition:
    def handle(value: Any) -> None: ...

    handle.__annotations__["value"] = annotation
    model, takes_context, accepts_any = payload_model("test.payload", handle)
    return Definition("test.payload", handle, model, takes_context, False, accepts_any)


CASES: list[tuple[Any, Any, Any]] = [
    (Address, {"zipCode": "1010", "town": "Wien"}, Address(zipCode="1010", town="Wien")),
    (Address, {"zip_code": "1010", "city": "Wien"}, Address(zipCode="1010", town="Wien")),
    (list[Address], [{"zipCode": "1010"}], [Address(zipCode="1010")]),
    (Shouting | Plain, {"KIND": "shouting"}, Shouting(KIND="shouting")),
    (Json[Any], '{"a": 1}', {"a": 1}),
    (list[Json[int]], ["1", "2"], [1, 2]),
    (Pair, {"left": 1, "rightHand": 2}, {"left": 1, "right": 2}),
    (Point, {"x": 1}, Point(1)),
    (Colour, "red", Colour.RED),
    (date, "2026-11-29", date(2026, 11, 29)),
    (timedelta, 90, timedelta(seconds=90)),
    (Decimal, "0.10", Decimal("0.10")),
    (UUID, "12345678123456781234567812345678", UUID("12345678123456781234567812345678")),
    (set[int], [1, 2], {1, 2}),
    (tuple[int, str], [1, "a"], (1, "a")),
    (dict[UUID, int], {"12345678-1234-5678-1234-567812345678": 1}, {UUID(int=0x12345678123456781234567812345678): 1}),
    (Base64Bytes, "aGVsbG8=", b"hello"),
    (SecretStr, "hunter2", SecretStr("hunter2")),
    (SecretBytes | None, "hunter2", SecretBytes(b"hunter2")),
    (Secret[int], 17, Secret[int](17)),
    (list[SecretStr], ["hunter2", "hunter3"], [SecretStr("hunter2"), SecretStr("hunter3")]),
    (Login, {"name": "ada", "password": "hunter2"}, Login("ada", SecretStr("hunter2"))),
    (dict[str, Account], {"ada": {"password": "hunter2"}}, {"ada": Account(password=SecretStr("hunter2"))}),
]


@pytest.mark.parametrize(("annotation", "sent", "expected"), CASES, ids=[f"{case[0]}"[-40:] for case in CASES])
def test_what_is_sent_comes_to_the_handler(annotation: Any, sent: Any, expected: Any) -> None:
    made = definition(annotation)
    stored, warnings = made.validate({"value": sent})
    assert warnings == []
    assert made.arguments(orjson.dumps(stored).decode()) == {"value": expected}
    assert made.validate(stored)[0] == stored  # a replay sends it again


def test_what_cannot_be_written_as_json_is_refused() -> None:
    with pytest.raises(Invalid, match="payload: cannot be written as JSON"):
        definition(bytes).validate({"value": b"\xff"})


@pytest.mark.parametrize("annotation", [SecretStr, SecretStr | None, list[SecretStr], Account, Login, dict[str, Node]])
def test_a_field_of_a_secret_type_is_sensitive(annotation: Any) -> None:
    assert secrets(definition(annotation).model) == {"value"}
    assert secrets(definition(Address).model) == frozenset()
