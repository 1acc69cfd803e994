"""The same events over SSE, for who cannot use WebSockets."""

from collections.abc import AsyncIterator

from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET
from rest_framework.exceptions import APIException

from jobs.api import errors
from jobs.errors import FlowbitError
from jobs.live import query
from jobs.live.mailbox import Closed, Message
from jobs.live.session import Session
from jobs.trusted import Visit

RETRY_MS = 3000


@require_GET
async def events(request: HttpRequest) -> HttpResponseBase:
    """`GET /sse/events`, with the parameters and messages of `/ws/events`."""
    visit = Visit.of_request(request)
    try:
        asked = query.parse(request.META.get("QUERY_STRING", ""), visit.headers)
        session = Session(visit, asked, own=False)
        await session.open()
    except (FlowbitError, APIException) as error:
        answer = errors.answered(error)
        return JsonResponse(answer.data, status=answer.status_code, headers=errors.headers(answer))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return _Stream(session, headers)


class _Stream(StreamingHttpResponse):
    """Closes its session, even if the client went before the first line."""

    def __init__(self, session: Session, headers: dict[str, str]) -> None:
        super().__init__(_lines(session), content_type="text/event-stream", headers=headers)
        self._session = session

    def close(self) -> None:
        super().close()
        self._session.close()


async def _lines(session: Session) -> AsyncIterator[str]:
    try:
        yield f"retry: {RETRY_MS}\n\n"
        async for one in session.messages():
            yield _line(one)
    except Closed as why:
        yield f": closed, {why.code}: {why.reason}\n\n"
    finally:
        session.close()


def _line(one: Message) -> str:
    """A ping is an event of its own name: who does not ask for it hears nothing, and the browser notes its id."""
    name = "event: ping\n" if one.text.endswith('"type":"ping"}') else ""
    return f"{name}id: {one.id}\ndata: {one.text}\n\n"
