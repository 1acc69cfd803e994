"""`webhook.dispatch`: one signed POST, by the conventions of standardwebhooks.com.

Webhook-Id         the job's id, the same at every attempt: receivers drop repeats by it
Webhook-Timestamp  Unix time of this attempt: receivers refuse old ones, so that nobody can replay them
Webhook-Signature  v1,<base64 of HMAC-SHA256(secret, "<id>.<timestamp>.<body>")>, when there is a secret
X-Flowbit-Event    the event's name
"""

import base64
import binascii
import hashlib
import hmac
import time
from typing import Annotated, Any

from pydantic import Field

from jobs import jsontext
from jobs.context import Context
from jobs.handler import handler
from jobs.handlers import guarded_http
from jobs.handlers.guarded_http import Unreachable
from jobs.handlers.payloads import WebUrl
from jobs.outcomes import Discard

GONE = 410

Event = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:/-]{0,100}$", examples=["order.paid"])]
Secret = Annotated[str, Field(max_length=500, description="Signs the request; after `whsec_` comes base64")]


@handler("webhook.dispatch", timeout="60s", sensitive=("secret",))
def dispatch_webhook(
    ctx: Context, url: WebUrl, event: Event = "", body: Any = None, secret: Secret | None = None
) -> dict[str, Any]:
    """POST `body` as signed JSON to a public address. No redirect is followed."""
    content = jsontext.encode({"event": event} if body is None else body, "body").encode()
    headers = {"Content-Type": "application/json", "X-Flowbit-Event": event, **signed(ctx, content, secret)}
    began = time.monotonic()
    with guarded_http.post(url, content=content, headers=headers) as reply:
        milliseconds = round((time.monotonic() - began) * 1000, 1)
        _judge(reply)
    return {"status": reply.status, "ms": milliseconds, "delivery_id": str(ctx.job_id)}


def signed(ctx: Context, content: bytes, secret: str | None) -> dict[str, str]:
    """The headers that say which delivery this is, and prove who sent it."""
    headers = {"Webhook-Id": str(ctx.job_id), "Webhook-Timestamp": str(int(time.time()))}
    if secret:
        signed_content = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + content
        digest = hmac.new(_key(secret), signed_content, hashlib.sha256).digest()
        headers["Webhook-Signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def _key(secret: str) -> bytes:
    prefix, _, encoded = secret.partition("whsec_")
    if prefix or not encoded:
        return secret.encode()
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise Discard("secret: what follows whsec_ is not base64") from None


def _judge(reply: guarded_http.Reply) -> None:
    """Receivers are mended and redeployed, so all but one refusal is worth another try."""
    if 200 <= reply.status < 300:
        return
    if reply.status == GONE:
        raise Discard("HTTP 410: the receiver is gone")
    guarded_http.raise_busy(reply.status, reply.headers)
    raise Unreachable(f"HTTP {reply.status} from the receiver")
