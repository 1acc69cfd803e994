"""Every request has a name, and a line in the log."""

import asyncio
import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.urls import path
from pytest_django import Settings

from flowbit import urls
from flowbit.request_log import request_log
from jobs import request_id
from jobs.api.views import ApiView
from tests.jobs import scenes

pytestmark = pytest.mark.django_db
ACCESS = "flowbit.access"
seen: list[str] = []


def works(request: HttpRequest) -> HttpResponse:
    seen.append(request_id.current.get())
    logging.getLogger("app").info("within")
    return HttpResponse("done")


async def works_in_the_loop(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return works(request)


def fails(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("secret-of-a-test")


class FailsInApi(ApiView):
    """Fails."""

    permission_classes = ()

    def get(self, request: Any) -> Any:
        raise ZeroDivisionError("secret-of-a-test")


urlpatterns = [
    path("works", works),
    path("loop", works_in_the_loop),
    path("api/fails", fails),
    path("api/v1/fails", FailsInApi.as_view()),
    *urls.urlpatterns,
]
handler404, handler500 = urls.handler404, urls.handler500


@pytest.fixture(autouse=True)
def _addresses(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    seen.clear()


def lines(caplog: pytest.LogCaptureFixture) -> list[Any]:
    return [record for record in caplog.records if record.name == ACCESS]


@pytest.fixture
def info(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def test_the_name_that_came_is_kept_and_given_back(client: Client) -> None:
    answer = client.get("/works", headers={"X-Request-Id": "gate-7:abc.DEF_1"})
    assert (answer["X-Request-Id"], seen) == ("gate-7:abc.DEF_1", ["gate-7:abc.DEF_1"])
    assert request_id.current.get() == ""


@pytest.mark.parametrize("given", ["", " ", "a b", "a\tb", "-x", "é", "x" * 129, '"><script>', "a\x00b", "%0a"])
def test_one_that_is_not_sane_is_replaced(client: Client, given: str) -> None:
    answer = client.get("/works", headers={"X-Request-Id": given})
    assert answer["X-Request-Id"] == seen[0]
    assert len(seen[0]) == 32
    assert seen[0].isalnum()


def test_every_request_has_another(client: Client) -> None:
    assert client.get("/works")["X-Request-Id"] != client.get("/works")["X-Request-Id"]


@pytest.mark.parametrize("address", ["/nothing", "/api/nothing", "/api/v1/jobs", "/health", "/admin/"])
def test_whatever_the_answer_it_has_one(client: Client, address: str) -> None:
    assert client.get(address, headers={"X-Request-Id": "r-1"})["X-Request-Id"] == "r-1"


async def _ask(address: str) -> Any:
    return await AsyncClient().get(address, headers={"X-Request-Id": "r-2"})


@pytest.mark.parametrize("address", ["/works", "/loop"])
def test_in_the_event_loop_it_reaches_views_of_both_kinds(address: str) -> None:
    answer = asyncio.run(_ask(address))
    assert (answer["X-Request-Id"], seen) == ("r-2", ["r-2"])


def test_requests_at_the_same_time_keep_theirs() -> None:
    async def many() -> list[Any]:
        client = AsyncClient()
        asked = [client.get("/loop", headers={"X-Request-Id": f"r-{number}"}) for number in range(20)]
        return await asyncio.gather(*asked)

    assert [answer["X-Request-Id"] for answer in asyncio.run(many())] == [f"r-{number}" for number in range(20)]
    assert sorted(seen) == sorted(f"r-{number}" for number in range(20))


@pytest.mark.parametrize("address", ["/api/fails", "/api/v1/fails"])
def test_a_defect_names_the_request_in_its_answer_and_in_the_log(info: pytest.LogCaptureFixture, address: str) -> None:
    answer = Client(raise_request_exception=False).get(address, headers={"X-Request-Id": "r-3"})
    assert (answer.status_code, answer.json()["request_id"], answer.json()["code"]) == (500, "r-3", "internal_error")
    assert "secret-of-a-test" not in answer.content.decode()
    assert lines(info)[-1].figures["status"] == 500


def test_a_line_says_who_asked_for_what(info: pytest.LogCaptureFixture, client: Client) -> None:
    user = scenes.user("ada")
    client.force_login(user)
    client.get("/api/v1/handlers?token=fb_secret")
    figures = lines(info)[-1].figures
    assert figures.pop("ms") >= 0
    assert figures == {"method": "GET", "path": "/api/v1/handlers", "status": 200, "user_id": user.pk}
    assert "fb_secret" not in info.text


def test_nobody_is_looked_up_for_it(
    info: pytest.LogCaptureFixture, client: Client, django_assert_num_queries: Any
) -> None:
    client.force_login(User.objects.create_user("ada"))
    with django_assert_num_queries(0):
        client.get("/works")
    assert lines(info)[-1].figures["user_id"] is None


def test_a_path_begins_no_line_of_its_own(info: pytest.LogCaptureFixture, client: Client) -> None:
    client.get("/a%0aINFO%20flowbit.access:%20GET%20/fake%20200" + "x" * 2000)
    line = lines(info)[-1]
    assert "\n" not in line.getMessage()
    assert len(line.figures["path"]) == 500


def test_probes_write_no_line(info: pytest.LogCaptureFixture, client: Client) -> None:
    for address in ("/health", "/healthz", "/metrics"):
        assert client.get(address).status_code == 200
    assert lines(info) == []


def test_one_that_is_given_up_has_a_line_too(info: pytest.LogCaptureFixture) -> None:
    async def given_up(request: HttpRequest) -> HttpResponse:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(request_log(given_up)(RequestFactory().get("/x")))
    assert [line.figures["status"] for line in lines(info)] == [499]
