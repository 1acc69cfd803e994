"""The few pages that are nobody else's: where a person lands."""

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from dispatcher.console.pipeline import HomePage


def home(request: HttpRequest) -> HttpResponseBase:
    """Staff work in the console; others find their own jobs."""
    person = request.user
    if isinstance(person, User) and person.is_staff:
        return redirect("admin:index")
    return HomePage.as_view()(request)
