"""HTTP to addresses that come from payloads, that is, from strangers (SSRF guard).

Only http and https, no credentials in the URL, only public addresses (see `guarded_network`; the option
`allow_private_addresses` lifts that one rule), every redirect judged like the first address, one deadline for
all of it, and a size limit on the *decoded* body. Proxies and .netrc of the environment are not used.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore
import httpx

from jobs.conf import options
from jobs.handlers import inflating
from jobs.handlers.guarded_network import Deadline, GuardedBackend
from jobs.handlers.guarded_transport import GuardedTransport
from jobs.outcomes import Discard, Retry

MAX_REDIRECTS = 5
STEP_TIMEOUT = 10.0
"""Seconds that the other side may be silent."""

LONGEST_RETRY_AFTER = 6 * 3600.0
_HEADERS = {"User-Agent": "Flowbit", "Accept-Encoding": "gzip, deflate"}
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]")
_TRY_AGAIN = frozenset({408, 425, 429})


class Unreachable(Exception):
    """The other side could not be reached, or did not answer properly, or has trouble. Worth another try."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose body has not been read yet."""

    url: str
    status: int
    headers: httpx.Headers
    response: httpx.Response

    def chunks(self, limit: int) -> Iterator[bytes]:
        """The decoded body. Raises Discard as soon as it is longer than `limit` bytes."""
        count = 0
        for piece in inflating.pieces(self.response.iter_raw(), self.headers.get("content-encoding", "")):
            count += len(piece)
            if count > limit:
                raise Discard(f"the answer is longer than {limit} bytes")
            yield piece

    def beginning(self, limit: int) -> bytes:
        """At most the first `limit` bytes of the decoded body."""
        body = bytearray()
        for piece in inflating.pieces(self.response.iter_raw(), self.headers.get("content-encoding", "")):
            body += piece
            if len(body) >= limit:
                break
        return bytes(body[:limit])


def parse_url(text: str) -> httpx.URL:
    """Raises ValueError when `text` is no address that we would ever ask, whatever its host resolves to."""
    if _BLANK.search(text):
        raise ValueError("must not contain blanks")
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ValueError(f"is not a URL: {error}"[:200]) from None
    if url.scheme not in ("http", "https"):
        raise ValueError("must begin with http:// or https://")
    if not url.host:
        raise ValueError("names no host")
    if url.port is not None and not 0 < url.port < 65536:
        raise ValueError("names no possible port")
    if url.userinfo:
        raise ValueError("must not contain a user name or password")
    return url


@contextmanager
def get(url: str, *, deadline: float = 30.0) -> Iterator[Reply]:
    """GET, following redirects. Gives a reply with status 2xx; its body is read inside the `with`.

    Raises:
        Discard: a forbidden address, too many redirects, or an answer that no repeat would better (404, ...).
        Retry: the server named a time to come back at.
        Unreachable: anything that may go better next time.
    """
    with _client(deadline) as client:
        request = client.build_request("GET", _allowed(url))
        for _ in range(MAX_REDIRECTS + 1):
            response = client.send(request, stream=True)
            if response.next_request is None:
                _judge(response)
                yield _reply(response)
                return
            response.close()
            request = response.next_request
            _allowed(str(request.url))
        raise Discard(f"more than {MAX_REDIRECTS} redirects")


@contextmanager
def post(url: str, *, content: bytes, headers: Mapping[str, str], deadline: float = 30.0) -> Iterator[Reply]:
    """POST once, following no redirect. Gives the reply, whatever its status.

    Raises:
        Discard: a forbidden address.
        Unreachable: no answer.
    """
    with _client(deadline) as client:
        request = client.build_request("POST", _allowed(url), content=content, headers=headers)
        yield _reply(client.send(request, stream=True))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a Retry-After header asks for (at most six hours), or None."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text) if text.isdecimal() else _seconds_until(text)
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _seconds_until(http_date: str) -> float:
    return (parsedate_to_datetime(http_date) - datetime.now(UTC)).total_seconds()


def raise_busy(status: int, headers: Mapping[str, str]) -> None:
    """Raises Retry when the server says when to come back (429 and 503 with Retry-After)."""
    after = retry_after(headers) if status in (429, 503) else None
    if after is not None:
        raise Retry(f"HTTP {status}", after=after)


def _judge(response: httpx.Response) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    raise_busy(status, response.headers)
    if 400 <= status < 500 and status not in _TRY_AGAIN:
        raise Discard(f"HTTP {status} from {response.url.host}")
    raise Unreachable(f"HTTP {status} from {response.url.host}")


def _reply(response: httpx.Response) -> Reply:
    return Reply(str(response.url), response.status_code, response.headers, response)


def _allowed(url: str) -> str:
    try:
        parse_url(url)
    except ValueError as error:
        raise Discard(f"url: {error}") from None
    return url


@contextmanager
def _client(seconds: float) -> Iterator[httpx.Client]:
    """A client for one exchange; what goes wrong below it becomes Unreachable, without the peer's words."""
    backend = GuardedBackend(Deadline(seconds), allow_private=options().allow_private_addresses)
    transport = GuardedTransport(backend)
    with httpx.Client(transport=transport, trust_env=False, timeout=STEP_TIMEOUT, headers=_HEADERS) as client:
        try:
            yield client
        except (httpcore.TimeoutException, httpx.TimeoutException):
            raise Unreachable("no answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"no proper answer ({type(error).__name__})") from None
