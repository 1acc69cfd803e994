"""The port of a process that serves no other HTTP, asked over real sockets."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from jobs.metrics.server import NoPort, Server, serving
from tests.jobs.metrics.reading import openmetrics_series, series, value


@dataclass
class Told:
    """What a test makes a process say of itself."""

    trouble: str = ""
    broken: bool = False

    def families(self) -> Iterator[Metric]:
        if self.broken:
            raise ZeroDivisionError("secret-of-a-test")
        yield GaugeMetricFamily("flowbit_worker_slots", "", value=4)

    def problem(self, now: float) -> str:
        return self.trouble


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def server(told: Told) -> Iterator[Server]:
    made = Server("127.0.0.1", 0, told)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=20) as client:
        yield client


def test_it_tells_figures_in_both_formats(http: httpx.Client) -> None:
    text, strict = http.get("/metrics?x=1"), http.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert text.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert value(series(text.text), "worker_slots") == 4
    assert value(openmetrics_series(strict.text), "worker_slots") == 4


def test_it_tells_whether_all_is_well(http: httpx.Client, told: Told) -> None:
    assert (http.get("/healthz").status_code, http.get("/healthz").json()) == (200, {"status": "ok"})
    told.trouble = "process 0 does not move"
    answer = http.get("/healthz")
    assert (answer.status_code, answer.json()["problem"]) == (503, "process 0 does not move")
    assert http.get("/metrics").status_code == 200


def test_nothing_else_is_there(http: httpx.Client) -> None:
    assert [http.get(path).status_code for path in ("/", "/healthz/", "/../etc/passwd")] == [404, 404, 404]
    assert http.post("/metrics", content=b"x").status_code == 501
    assert (http.head("/metrics").status_code, http.head("/metrics").content) == (200, b"")


def test_a_defect_in_a_figure_ends_nothing_and_tells_nothing(http: httpx.Client, told: Told) -> None:
    told.broken = True
    with pytest.raises(httpx.RemoteProtocolError):
        http.get("/metrics")
    assert http.get("/healthz").status_code == 200


def test_clients_who_say_nothing_do_not_keep_it_from_others(server: Server, http: httpx.Client) -> None:
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8)]
    assert http.get("/healthz").status_code == 200
    for one in silent:
        one.close()


def test_too_many_clients_are_hung_up_on(server: Server) -> None:
    crowd = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(17)]
    crowd[-1].settimeout(20)
    assert crowd[-1].recv(1) == b""
    for one in crowd:
        one.close()


def test_a_port_that_is_taken_is_an_error_that_names_the_setting(server: Server, told: Told) -> None:
    with pytest.raises(NoPort, match=rf"METRICS_PORT: 127.0.0.1:{server.port} cannot be used.*Address already in use"):
        Server("127.0.0.1", server.port, told)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("203.0.113.9", 0), ("no such host", 0)])
def test_so_is_an_address_that_cannot_be(told: Told, host: str, port: int) -> None:
    with pytest.raises(NoPort, match="METRICS_PORT"):
        Server(host, port, told)


def test_its_port_is_free_when_it_has_ended(told: Told) -> None:
    first = Server("127.0.0.1", 0, told)
    first.start()
    first.stop()
    with serving(told, "127.0.0.1", first.port):
        assert httpx.get(f"http://127.0.0.1:{first.port}/healthz").status_code == 200


def test_without_a_port_nothing_listens(told: Told) -> None:
    with serving(told, "no such host", None):
        pass
