"""Everything that Flowbit raises on purpose.

FlowbitError
 +-- Invalid                 the request itself is wrong; `details` names the fields   (HTTP 400)
 |    +-- UnknownType        no handler is registered for the type
 +-- NoIdentity              nobody knows who calls                                    (401)
 +-- NotAllowed              the caller may not do that                                (403)
 +-- NotFound                there is no such thing, or it is somebody else's          (404)
 +-- Conflict                the present state does not allow the verb                 (409)
 +-- TooLarge                payload or request above its limit                        (413)
 +-- KeyReused               an idempotency key came back with another request         (422)
 +-- TooMany                 too often; `wait` says for how many seconds               (429)
 +-- StoreUnavailable        PostgreSQL cannot be reached                              (503)
 +-- BrokerUnavailable       Redis cannot be reached; no job is in danger
"""


class FlowbitError(Exception):
    """Something that Flowbit refuses, said in one sentence."""

    code = "error"

    def __init__(self, message: str, details: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details or {}


class Invalid(FlowbitError):
    code = "invalid"

    @classmethod
    def field(cls, name: str, problem: str) -> "Invalid":
        """An error about one field: `Invalid.field("priority", "must be 0 to 10")`."""
        return cls(f"{name}: {problem}", {name: [problem]})


class UnknownType(Invalid):
    code = "unknown_type"


class NoIdentity(FlowbitError):
    code = "not_authenticated"


class NotAllowed(FlowbitError):
    code = "not_allowed"


class NotFound(FlowbitError):
    code = "not_found"


class Conflict(FlowbitError):
    code = "conflict"


class TooLarge(FlowbitError):
    code = "too_large"


class KeyReused(FlowbitError):
    code = "idempotency_key_reused"


class TooMany(FlowbitError):
    code = "throttled"

    def __init__(self, message: str, wait: int = 1) -> None:
        super().__init__(message)
        self.wait = max(1, wait)


class StoreUnavailable(FlowbitError):
    code = "store_unavailable"


class BrokerUnavailable(FlowbitError):
    code = "broker_unavailable"
