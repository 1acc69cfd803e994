"""The guard against requests to where a stranger wants them, against a real server."""

import gzip
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from jobs.handlers import guarded_http, guarded_transport
from jobs.handlers.guarded_http import Unreachable
from jobs.outcomes import Discard, Retry
from tests.jobs.handlers.conftest import Answer, Server


def fetch(url: str, limit: int = 1_000_000, deadline: float = 10.0) -> bytes:
    with guarded_http.get(url, deadline=deadline) as reply:
        return b"".join(reply.chunks(limit))


class TestAddresses:
    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "127.1",
            "0",
            "0.0.0.0",
            "2130706433",  # decimal
            "0x7f000001",  # hexadecimal
            "0x7f.0.0.1",
            "017700000001",  # octal
            "0177.0.0.1",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "[::1]",
            "[::]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[fe80::1]",
            "[fd00::1]",
            "10.0.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "①②⑦.0.0.1",  # digits that IDNA turns into plain ones
        ],
    )
    def test_private_addresses_are_refused_however_written(self, server: Server, host: str) -> None:
        server.answers["/"] = Answer(body=b"internal")
        with pytest.raises((Discard, Unreachable)) as caught:
            fetch(server.url("/", host))
        assert server.asked == []
        assert "internal" not in str(caught.value)

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f000001", "169.254.169.254"])
    def test_the_refusal_is_final_and_names_no_address(self, server: Server, host: str) -> None:
        with pytest.raises(Discard, match="is at an address that is not public$"):
            fetch(server.url("/", host))

    @pytest.mark.parametrize(
        "url",
        [
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "unix:///var/run/docker.sock",
            "//example.com/",
            "example.com",
            "",
            "http://",
            "http:///path",
            "http://user@example.com/",
            "http://user:password@example.com/",
            "http://:password@example.com/",
            "http://127.0.0.1@example.com/",
            "http://exa mple.com/",
            "http://example.com:99999/",
            "http://[::1",
            "http://\x00/",
        ],
    )
    def test_other_urls_are_refused(self, url: str) -> None:
        with pytest.raises(Discard, match="^url: "):
            fetch(url)

    def test_an_unresolvable_name_is_worth_another_try(self) -> None:
        with pytest.raises(Unreachable):
            fetch("http://no-such-host.invalid/")

    @pytest.mark.usefixtures("private_allowed")
    def test_the_option_lifts_the_check_of_addresses(self, server: Server) -> None:
        server.answers["/"] = Answer(body=b"hello")
        assert fetch(server.url("/", "localhost")) == b"hello"
        assert server.asked[0].headers["Host"].startswith("localhost:")

    @pytest.mark.usefixtures("private_allowed")
    def test_the_option_lifts_nothing_else(self) -> None:
        with pytest.raises(Discard):
            fetch("http://user@localhost/")

    def test_proxies_of_the_environment_are_not_used(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, server.url(""))
        with pytest.raises((Discard, Unreachable)):
            fetch("http://no-such-host.invalid/")
        assert server.asked == []


@pytest.mark.usefixtures("private_allowed")
class TestRedirects:
    def test_are_followed(self, server: Server) -> None:
        server.answers["/a"] = Answer(302, headers={"Location": "/b"})
        server.answers["/b"] = Answer(body=b"here")
        with guarded_http.get(server.url("/a")) as reply:
            assert (reply.url, b"".join(reply.chunks(10))) == (server.url("/b"), b"here")

    def test_five_are_followed_and_no_sixth(self, server: Server) -> None:
        for number in range(6):
            server.answers[f"/{number}"] = Answer(302, headers={"Location": f"/{number + 1}"})
        server.answers["/6"] = Answer(body=b"end")
        assert fetch(server.url("/1")) == b"end"
        with pytest.raises(Discard, match="redirects"):
            fetch(server.url("/0"))

    @pytest.mark.parametrize("target", ["ftp://example.com/", "file:///etc/passwd", "http://user:x@127.0.0.1/"])
    def test_each_hop_is_checked(self, server: Server, target: str) -> None:
        server.answers["/"] = Answer(302, headers={"Location": target})
        with pytest.raises((Discard, Unreachable)):
            fetch(server.url("/"))
        assert len(server.asked) == 1

    def test_a_redirect_without_address_is_no_answer(self, server: Server) -> None:
        server.answers["/"] = Answer(302)
        with pytest.raises(Unreachable, match="HTTP 302"):
            fetch(server.url("/"))


class Internet:
    """A public internet of one host: what is sent to `PUBLIC` reaches the local server.

    `names` holds what the resolver says, answer by answer (the last one stays); `connected` where we went.
    """

    PUBLIC = "93.184.215.14"

    def __init__(self) -> None:
        self.names: dict[str, list[list[str]]] = {}
        self.looked_up: list[str] = []
        self.connected: list[str] = []

    def look_up(self, host: str, port: int, *args: object, **kwargs: object) -> list[object]:
        answers = self.names.get(host)
        if answers is None:
            return from_system(host, port, *args, **kwargs)  # type: ignore[arg-type]
        self.looked_up.append(host)
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    def connect(self, address: tuple[str, int], *args: object, **kwargs: object) -> socket.socket:
        self.connected.append(address[0])
        host = "127.0.0.1" if address[0] == self.PUBLIC else address[0]
        return to_system((host, address[1]), *args, **kwargs)  # type: ignore[arg-type]


from_system = socket.getaddrinfo
to_system = socket.create_connection


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    net = Internet()
    monkeypatch.setattr(socket, "getaddrinfo", net.look_up)
    monkeypatch.setattr(socket, "create_connection", net.connect)
    return net


class TestPublicHost:
    def test_is_reached_at_the_address_that_was_checked(self, server: Server, internet: Internet) -> None:
        internet.names["public.test"] = [[Internet.PUBLIC]]
        server.answers["/"] = Answer(body=b"hello")
        assert fetch(server.url("/", "public.test")) == b"hello"
        assert internet.connected == [Internet.PUBLIC]
        assert server.asked[0].headers["Host"] == server.url("", "public.test").removeprefix("http://")

    def test_whose_second_answer_is_private_is_asked_for_once(self, server: Server, internet: Internet) -> None:
        internet.names["rebinding.test"] = [[Internet.PUBLIC], ["127.0.0.1"]]
        server.answers["/"] = Answer(body=b"hello")
        assert fetch(server.url("/", "rebinding.test")) == b"hello"
        assert (internet.looked_up, internet.connected) == (["rebinding.test"], [Internet.PUBLIC])

    def test_with_one_private_address_among_others_is_refused(self, server: Server, internet: Internet) -> None:
        internet.names["mixed.test"] = [[Internet.PUBLIC, "10.0.0.1"]]
        with pytest.raises(Discard, match="not public"):
            fetch(server.url("/", "mixed.test"))
        assert internet.connected == []

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]", "169.254.169.254"])
    def test_that_redirects_to_a_private_one_is_refused(self, server: Server, internet: Internet, host: str) -> None:
        internet.names["public.test"] = [[Internet.PUBLIC]]
        server.answers["/"] = Answer(302, headers={"Location": server.url("/admin", host)})
        server.answers["/admin"] = Answer(body=b"internal")
        with pytest.raises(Discard, match="not public"):
            fetch(server.url("/", "public.test"))
        assert [asked.path for asked in server.asked] == ["/"]

    def test_that_redirects_to_itself_is_looked_up_again_and_checked(self, server: Server, internet: Internet) -> None:
        internet.names["rebinding.test"] = [[Internet.PUBLIC], ["127.0.0.1"]]
        server.answers["/"] = Answer(302, headers={"Location": "/admin", "Connection": "close"})
        with pytest.raises(Discard, match="not public"):
            fetch(server.url("/", "rebinding.test"))
        assert internet.connected == [Internet.PUBLIC]


class TestTls:
    """The connection goes to an address, but name and certificate are those of the URL."""

    @pytest.fixture
    def asked_for(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: Server) -> Iterator[list[str]]:
        """The names that clients ask for (SNI); the server speaks TLS as `secure.test`."""
        names: list[str] = []
        options = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=secure.test"
        options += " -addext subjectAltName=DNS:secure.test -keyout key.pem -out cert.pem"
        subprocess.run(["openssl", "req", *options.split()], cwd=tmp_path, check=True, capture_output=True)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        tls.sni_callback = lambda connection, name, context: names.append(name)
        server.use_tls(tls)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        guarded_transport.ssl_context.cache_clear()
        yield names
        guarded_transport.ssl_context.cache_clear()

    def test_the_name_is_kept(self, server: Server, internet: Internet, asked_for: list[str]) -> None:
        internet.names["secure.test"] = [[Internet.PUBLIC], ["127.0.0.1"]]
        server.answers["/"] = Answer(body=b"hello")
        assert fetch(server.url("/", "secure.test")) == b"hello"
        assert asked_for == ["secure.test"]
        assert internet.connected == [Internet.PUBLIC]

    @pytest.mark.usefixtures("asked_for")
    def test_the_certificate_must_be_of_the_name(self, server: Server, internet: Internet) -> None:
        internet.names["other.test"] = [[Internet.PUBLIC]]
        server.answers["/"] = Answer(body=b"hello")
        with pytest.raises(Unreachable, match="no proper answer"):
            fetch(server.url("/", "other.test"))
        assert server.asked == []


@pytest.mark.usefixtures("private_allowed")
class TestBodies:
    def test_of_just_the_limit_are_taken(self, server: Server) -> None:
        server.answers["/"] = Answer(body=b"x" * 1000)
        assert len(fetch(server.url("/"), limit=1000)) == 1000

    def test_above_the_limit_are_refused(self, server: Server) -> None:
        server.answers["/"] = Answer(body=b"x" * 1001)
        with pytest.raises(Discard, match="longer than 1000 bytes"):
            fetch(server.url("/"), limit=1000)

    def test_the_limit_counts_decoded_bytes(self, server: Server) -> None:
        body = gzip.compress(bytes(20_000_000))
        server.answers["/"] = Answer(body=body, headers={"Content-Encoding": "gzip"})
        assert len(body) < 100_000
        with pytest.raises(Discard, match="longer than 100000 bytes"):
            fetch(server.url("/"), limit=100_000)

    def test_without_end_are_cut(self, server: Server) -> None:
        def endless(talk: BaseHTTPRequestHandler) -> None:
            while True:
                talk.wfile.write(b"x" * 65536)

        server.answers["/"] = Answer(body=endless)
        with guarded_http.get(server.url("/")) as reply:
            assert len(reply.beginning(100_000)) == 100_000

    def test_compressed_ones_are_decoded(self, server: Server) -> None:
        server.answers["/"] = Answer(body=gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})
        assert fetch(server.url("/")) == b"hello"


@pytest.mark.usefixtures("private_allowed")
class TestDeadline:
    @pytest.fixture
    def released(self) -> Iterator[threading.Event]:
        event = threading.Event()
        yield event
        event.set()

    def test_ends_a_silent_answer(self, server: Server, released: threading.Event) -> None:
        server.answers["/"] = Answer(body=lambda talk: released.wait(30) and None)
        self.assert_late(server.url("/"))

    def test_ends_a_trickle(self, server: Server, released: threading.Event) -> None:
        def trickle(talk: BaseHTTPRequestHandler) -> None:
            while not released.wait(0.02):
                talk.wfile.write(b"x")

        server.answers["/"] = Answer(body=trickle)
        self.assert_late(server.url("/"))

    def test_ends_a_server_that_never_answers(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.assert_late(f"http://127.0.0.1:{listening.getsockname()[1]}/")

    def assert_late(self, url: str) -> None:
        with pytest.raises(Unreachable, match="no answer in time"):
            fetch(url, deadline=0.3)


@pytest.mark.usefixtures("private_allowed")
class TestStatus:
    @pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
    def test_that_no_repeat_betters_is_final(self, server: Server, status: int) -> None:
        server.answers["/"] = Answer(status, b"secret upstream body")
        with pytest.raises(Discard, match=f"^HTTP {status} from 127.0.0.1$"):
            fetch(server.url("/"))

    @pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
    def test_that_may_pass_is_tried_again(self, server: Server, status: int) -> None:
        server.answers["/"] = Answer(status, b"secret upstream body")
        with pytest.raises(Unreachable, match=f"^HTTP {status} from 127.0.0.1$"):
            fetch(server.url("/"))

    @pytest.mark.parametrize("status", [429, 503])
    def test_with_a_time_to_come_back(self, server: Server, status: int) -> None:
        server.answers["/"] = Answer(status, headers={"Retry-After": "120"})
        with pytest.raises(Retry) as caught:
            fetch(server.url("/"))
        assert caught.value.after == 120

    def test_a_connection_that_is_cut(self, server: Server) -> None:
        server.answers["/"] = Answer(headers={"Content-Length": "100"}, body=lambda talk: talk.connection.close())
        with pytest.raises(Unreachable, match="no proper answer"):
            fetch(server.url("/"))

    def test_an_answer_that_is_not_http(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]

            def speak() -> None:
                connection, _ = listening.accept()
                with connection:
                    connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")

            thread = threading.Thread(target=speak)
            thread.start()
            with pytest.raises(Unreachable) as caught:
                fetch(f"http://127.0.0.1:{port}/")
            thread.join()
        assert "SSH" not in str(caught.value)


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [("30", 30.0), ("0", 0.0), ("999999999999", 21600.0), ("9" * 400, 21600.0)],
    )
    def test_in_seconds(self, text: str, seconds: float) -> None:
        assert guarded_http.retry_after({"retry-after": text}) == seconds

    def test_as_a_date(self) -> None:
        soon = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
        assert guarded_http.retry_after({"retry-after": soon}) == pytest.approx(300, abs=5)

    def test_a_date_gone_by_means_now(self) -> None:
        assert guarded_http.retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0

    @pytest.mark.parametrize("text", ["", "soon", "-5", "1.5", "Wed, 99 Oct 2015 07:28:00 GMT"])
    def test_nonsense_is_ignored(self, text: str) -> None:
        assert guarded_http.retry_after({"retry-after": text}) is None
