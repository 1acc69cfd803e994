"""What all views have in common: who may call, what they take, and how it is described."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from jobs import actors
from jobs.api.parsers import JsonParser
from jobs.envelope import Problems
from jobs.errors import Invalid, NotFound
from jobs.filters import fields, query
from jobs.filters.query import Parameter
from jobs.models import Job
from jobs.services import access, audit
from jobs.services.audit import Actor


class Permitted(BasePermission):
    """The permission that the view's `needs` names for this method; other methods need none."""

    message = "you may not do this"

    def has_permission(self, request: Request, view: APIView) -> bool:
        method = "GET" if request.method == "HEAD" else request.method
        wanted = getattr(view, "needs", {}).get(method)
        return wanted is None or request.user.has_perm(wanted)


class ApiView(APIView):
    """A resource. Its docstring is what people read in the browsable API.

    `needs` has the permission by method, `query` the parameters of GET, `examples` a body by method.
    """

    parser_classes: Sequence[type[BaseParser]] = (JsonParser,)
    permission_classes: Sequence[Any] = (IsAuthenticated, Permitted)
    needs: ClassVar[Mapping[str, str]] = {}
    query: ClassVar[Sequence[Parameter]] = ()
    examples: ClassVar[Mapping[str, Any]] = {}

    def asked(self, request: Request) -> dict[str, Any]:
        """The query parameters. Raises Invalid."""
        return query.read(request.query_params, self.query)

    def visible_job(self, request: Request, job_id: str) -> Job:
        """Raises NotFound: there is no such job, or it is somebody else's."""
        found = access.visible_job(request.user, fields.path_uuid(job_id))
        if found is None:
            raise NotFound("there is no such job")
        return found


def actor(request: Request) -> Actor:
    return actors.of_request(request)


def body(request: Request, names: Sequence[str]) -> dict[str, Any]:
    """The body's fields under our names; nothing at all counts as an empty object. Raises Invalid."""
    data = request.data
    if not isinstance(data, Mapping):
        raise Invalid("the body must be an object")
    problems = Problems()
    found = fields.known(data, names, problems)
    problems.raise_any()
    return found


def reason(given: Mapping[str, Any]) -> str:
    """The reason that a verb's body gives, for its audit row. Raises Invalid."""
    text = given.get("reason", "")
    if not isinstance(text, str) or len(text) > audit.MAX_REASON:
        raise Invalid.field("reason", f"must be text of at most {audit.MAX_REASON} characters")
    return text
