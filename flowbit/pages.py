"""The few pages that are nobody else's: where a person lands, and where they sign in."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Staff work in the console; others find their own settings."""
    person = request.user
    return redirect("admin:index" if isinstance(person, User) and person.is_staff else "dispatcher:categories")
