import base64
import hashlib
import hmac
import json
from collections.abc import Callable

import pytest

from jobs.context import Context
from jobs.errors import Invalid
from jobs.handlers.guarded_http import Unreachable
from jobs.handlers.webhook import dispatch_webhook
from jobs.outcomes import Discard, Retry
from tests.jobs.handlers.conftest import Answer, Asked, Run, Server


def signature(asked: Asked, key: bytes) -> str:
    """What a receiver works out for itself."""
    signed = f"{asked.headers['Webhook-Id']}.{asked.headers['Webhook-Timestamp']}.".encode() + asked.body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


@pytest.mark.usefixtures("private_allowed")
class TestDelivery:
    def test_posts_signed_json(self, run: Run, server: Server, make_context: Callable[..., Context]) -> None:
        server.answers["/hook"] = Answer(202)
        ctx = make_context()
        payload = {"url": server.url("/hook"), "event": "order.paid", "body": {"id": 7}, "secret": "s3cret"}
        result = run(dispatch_webhook, payload, ctx)
        [asked] = server.asked
        assert (asked.method, json.loads(asked.body)) == ("POST", {"id": 7})
        assert asked.headers["Content-Type"] == "application/json"
        assert asked.headers["X-Flowbit-Event"] == "order.paid"
        assert asked.headers["Webhook-Id"] == str(ctx.job_id)
        assert asked.headers["Webhook-Signature"] == signature(asked, b"s3cret")
        assert (result["status"], result["delivery_id"]) == (202, str(ctx.job_id))
        assert result["ms"] > 0

    def test_a_repeat_is_the_same_delivery(
        self, run: Run, server: Server, make_context: Callable[..., Context]
    ) -> None:
        server.answers["/hook"] = Answer()
        ctx = make_context()
        for _ in range(2):
            run(dispatch_webhook, {"url": server.url("/hook"), "body": [1]}, ctx)
        first, second = server.asked
        assert first.headers["Webhook-Id"] == second.headers["Webhook-Id"]
        assert first.body == second.body

    def test_without_body_it_says_the_event(self, run: Run, server: Server) -> None:
        server.answers["/hook"] = Answer()
        run(dispatch_webhook, {"url": server.url("/hook"), "event": "ping"})
        assert json.loads(server.asked[0].body) == {"event": "ping"}

    def test_without_secret_it_is_not_signed(self, run: Run, server: Server) -> None:
        server.answers["/hook"] = Answer()
        run(dispatch_webhook, {"url": server.url("/hook"), "body": {}})
        assert "Webhook-Signature" not in server.asked[0].headers

    def test_a_secret_may_be_base64(self, run: Run, server: Server) -> None:
        server.answers["/hook"] = Answer()
        run(
            dispatch_webhook,
            {"url": server.url("/hook"), "secret": "whsec_" + base64.b64encode(b"key").decode()},
        )
        assert server.asked[0].headers["Webhook-Signature"] == signature(server.asked[0], b"key")

    def test_a_secret_that_is_no_base64_is_final(self, run: Run, server: Server) -> None:
        with pytest.raises(Discard, match="base64"):
            run(dispatch_webhook, {"url": server.url("/hook"), "secret": "whsec_!"})
        assert server.asked == []


@pytest.mark.usefixtures("private_allowed")
class TestRefusal:
    @pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
    def test_is_tried_again(self, run: Run, server: Server, status: int) -> None:
        server.answers["/hook"] = Answer(status, b"secret upstream body")
        with pytest.raises(Unreachable, match=f"^HTTP {status} from the receiver$"):
            run(dispatch_webhook, {"url": server.url("/hook")})

    def test_for_good_is_final(self, run: Run, server: Server) -> None:
        server.answers["/hook"] = Answer(410)
        with pytest.raises(Discard, match="410"):
            run(dispatch_webhook, {"url": server.url("/hook")})

    def test_with_a_time_to_come_back(self, run: Run, server: Server) -> None:
        server.answers["/hook"] = Answer(429, headers={"Retry-After": "7"})
        with pytest.raises(Retry) as caught:
            run(dispatch_webhook, {"url": server.url("/hook")})
        assert caught.value.after == 7

    def test_a_redirect_is_not_followed(self, run: Run, server: Server) -> None:
        server.answers["/hook"] = Answer(307, headers={"Location": "/other"})
        with pytest.raises(Unreachable, match="HTTP 307"):
            run(dispatch_webhook, {"url": server.url("/hook")})
        assert len(server.asked) == 1


def test_private_addresses_are_refused(run: Run, server: Server) -> None:
    with pytest.raises(Discard, match="not public"):
        run(dispatch_webhook, {"url": server.url("/hook")})
    assert server.asked == []


@pytest.mark.parametrize(
    ("field", "payload"),
    [
        ("url", {}),
        ("url", {"url": "ftp://example.com"}),
        ("url", {"url": "https://user:pw@example.com"}),
        ("url", {"url": "https://example.com/" + "x" * 3000}),
        ("event", {"url": "https://example.com", "event": "a\r\nX-Evil: 1"}),
    ],
)
def test_bad_payloads_name_their_field(run: Run, field: str, payload: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        run(dispatch_webhook, payload)
    assert list(caught.value.details) == [f"payload.{field}"]


def test_the_secret_is_marked_sensitive() -> None:
    assert "secret" in dispatch_webhook.definition.sensitive
