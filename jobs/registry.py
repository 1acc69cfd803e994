"""The typed registry: a handler's signature is its payload schema, everywhere.

`Registry.get(type)` serves validation, the API's schema, the admin's form and the language model alike. How a
handler is declared and submitted stands one layer up, in `jobs.handler`.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import pydantic
from pydantic.alias_generators import to_camel
from pydantic_core import to_jsonable_python

from jobs.errors import Invalid, UnknownType
from jobs.retry import RetryPolicy

PayloadModel = type[pydantic.BaseModel]
_SECRET = (pydantic.SecretStr, pydantic.SecretBytes, pydantic.Secret)


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """One registered type: what runs, what it takes, and the defaults of its jobs (None: the project's).

    Two are the same only if they are one object: caches go by that.
    """

    type: str
    function: Callable[..., Any]
    model: PayloadModel
    takes_context: bool
    is_async: bool
    accepts_any: bool
    aliases: tuple[str, ...] = ()
    queue: str = "default"
    timeout: float | None = None
    max_attempts: int | None = None
    retry: RetryPolicy | None = None
    schema_version: int = 1
    summary: str = ""
    sensitive: frozenset[str] = field(default_factory=frozenset)
    permission: str | None = None
    surveys: bool = False
    """Whether it tells of all jobs that its owner sees."""
    artifact: str | None = None
    """Field of its result that names the file in the artifact storage which it left; never what a client sent."""

    def validate(self, payload: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The payload as it is stored (own field names, only what was sent) and warnings about unknown keys.

        Raises:
            Invalid: the payload does not fit, or is no JSON; `details` has one entry per field, as `payload.<field>`.
        """
        try:
            # By name, too: so the schema tells of fields within models, and so a replay sends what was stored.
            parsed = self.model.model_validate(payload, by_alias=True, by_name=True)
        except pydantic.ValidationError as error:
            raise _invalid(self, error) from None
        try:
            stored = parsed.model_dump(mode="json", exclude_unset=True, by_alias=False, round_trip=True)
            for name in secrets(self.model) & parsed.model_fields_set:
                stored[name] = _revealed(stored[name], getattr(parsed, name))
        except ValueError:  # PydanticSerializationError, or of bytes that are no text
            raise Invalid.field("payload", "cannot be written as JSON") from None
        if self.accepts_any or not parsed.model_extra:
            return stored, []
        unknown = sorted(parsed.model_extra)
        return stored, [f"payload.{name[:100]}: unknown to {self.type}, kept as it is" for name in unknown]

    def arguments(self, payload_text: str) -> dict[str, Any]:
        """Keyword arguments for the function from a stored payload (JSON text). Raises pydantic.ValidationError."""
        parsed = self.model.model_validate_json(payload_text, by_alias=False, by_name=True)
        sent = parsed.model_fields_set
        values = {name: value for name, value in parsed.__dict__.items() if name in sent}
        if self.accepts_any:
            values.update(parsed.model_extra or {})
        return values

    def json_schema(self) -> dict[str, Any]:
        """JSON Schema (2020-12) of the payload."""
        return self.model.model_json_schema(by_alias=False)


class Registry:
    """The handlers that this process knows, by type and alias."""

    def __init__(self) -> None:
        self._by_type: dict[str, Definition] = {}
        self._canonical: dict[str, str] = {}

    def add(self, definition: Definition) -> None:
        """Raises ValueError when the type or an alias is taken by another function."""
        for name in (definition.type, *definition.aliases):
            taken = self._by_type.get(self._canonical.get(name, ""))
            if taken and taken.function.__qualname__ != definition.function.__qualname__:
                raise ValueError(f"handler type {name!r} is registered twice")
        self._by_type[definition.type] = definition
        self._canonical.update(dict.fromkeys((definition.type, *definition.aliases), definition.type))

    def get(self, name: str) -> Definition:
        """Raises UnknownType."""
        try:
            return self._by_type[self._canonical[name]]
        except KeyError:
            shown = str(name)[:100].encode("utf-8", "replace").decode()
            raise UnknownType(f"type: no handler is registered for {shown!r}", {"type": ["unknown type"]}) from None

    def find(self, name: str) -> Definition | None:
        return self._by_type.get(self._canonical.get(name, ""))

    def types(self) -> list[str]:
        return sorted(self._by_type)

    def names(self) -> list[str]:
        """Types and aliases: what jobs of other releases may be called."""
        return sorted(self._canonical)

    def __iter__(self) -> Iterator[Definition]:
        return iter([self._by_type[name] for name in self.types()])


registry = Registry()


def payload_model(type_name: str, function: Callable[..., Any]) -> tuple[PayloadModel, bool, bool]:
    """The pydantic model of a signature, whether it takes `ctx` first, and whether it takes any keyword.

    Unknown keys are kept (and warned about); camelCase is accepted beside snake_case.
    """
    signature = inspect.signature(function, eval_str=True)
    parameters = list(signature.parameters.values())
    takes_context = bool(parameters) and parameters[0].name == "ctx"
    fields: dict[str, Any] = {}
    accepts_any = False
    for parameter in parameters[takes_context:]:
        if parameter.kind is parameter.VAR_KEYWORD:
            accepts_any = True
        elif parameter.kind in (parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
            raise TypeError(f"handler {type_name}: parameter {parameter.name!r} must be passable by keyword")
        else:
            annotation = Any if parameter.annotation is parameter.empty else parameter.annotation
            fields[parameter.name] = (
                annotation,
                ... if parameter.default is parameter.empty else parameter.default,
            )
    config = pydantic.ConfigDict(
        extra="allow",
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=False,
        protected_namespaces=(),
    )
    name = "".join(part.title() for part in type_name.replace(".", "_").split("_")) + "Payload"
    return pydantic.create_model(name, __config__=config, **fields), takes_context, accepts_any


@lru_cache(maxsize=1024)
def secrets(model: PayloadModel) -> frozenset[str]:
    """Fields of a Secret type, or with one somewhere within."""
    return frozenset(name for name, field in model.model_fields.items() if _is_secret(field.annotation, set()))


def _is_secret(annotation: Any, seen: set[Any]) -> bool:
    kind = get_origin(annotation) or annotation
    within = list(get_args(annotation))
    if isinstance(kind, type) and kind not in seen:
        seen.add(kind)
        if issubclass(kind, _SECRET):
            return True
        if issubclass(kind, pydantic.BaseModel):
            within += [field.annotation for field in kind.model_fields.values()]
        elif is_dataclass(kind) or is_typeddict(kind):
            within += get_type_hints(kind).values()
    return any(_is_secret(one, seen) for one in within)


def _revealed(written: Any, value: Any) -> Any:
    """What pydantic has `written` of `value`, with secrets as they are: it writes asterisks for them."""
    if isinstance(value, _SECRET):
        return to_jsonable_python(value.get_secret_value())
    if isinstance(value, dict):
        return {key: _revealed(*pair) for key, *pair in zip(written, written.values(), value.values(), strict=True)}
    if isinstance(written, dict):
        return {name: _revealed(part, getattr(value, name, None)) for name, part in written.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_revealed(*pair) for pair in zip(written, value, strict=True)]
    return written


def _invalid(definition: Definition, error: pydantic.ValidationError) -> Invalid:
    details: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False, include_input=False, include_context=False)[:20]:
        place = ".".join(str(part) for part in problem["loc"])[:200].encode("utf-8", "replace").decode()
        details.setdefault(f"payload.{place}" if place else "payload", []).append(problem["msg"])
    first, messages = next(iter(details.items()))
    return Invalid(f"{definition.type}: {first}: {messages[0]}", details)
