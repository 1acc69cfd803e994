"""How Django is called in the web process."""

from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.exceptions import SuspiciousFileOperation
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from jobs.conf import options


class OneThread(ASGIHandler):
    """A request goes to its thread once, for all middleware and the view; Django's goes there and back for each.

    There are only so many threads, and a request that finds none free waits for its turn: Django's would make as
    many as there are requests, each with a connection, and PostgreSQL would refuse them, and the workers too.

    An async view works all the same, and what it streams is sent by the event loop.
    """

    def __init__(self) -> None:
        super().__init__()
        self._threads = ThreadPoolExecutor(options().web_threads, "request")

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self._answered, thread_sensitive=False, executor=self._threads)(request)

    def _answered(self, request: HttpRequest) -> HttpResponseBase:
        """Nothing of the database is held while the answer is sent: whoever reads slowly shall hold up nobody."""
        close_old_connections()
        try:
            return self.get_response(request)
        finally:
            close_old_connections()


class StaticFiles(ASGIStaticFilesHandler):
    """Django's, which knows no answer to a path that leads out of its folders."""

    def serve(self, request: HttpRequest) -> HttpResponse | FileResponse:
        try:
            return super().serve(request)
        except SuspiciousFileOperation:
            raise Http404("there is no such file") from None
