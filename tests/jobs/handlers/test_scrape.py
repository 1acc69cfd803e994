import pytest

from jobs.errors import Invalid
from jobs.handlers.scrape import LIMIT, scrape_url
from jobs.outcomes import Discard
from tests.jobs.handlers.conftest import Answer, Run, Server

PAGE = b'<title>Hello</title><meta name="description" content="World"><a href="next">next</a>'
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.mark.usefixtures("private_allowed")
class TestScrape:
    def test_reads_a_page(self, run: Run, server: Server) -> None:
        server.answers["/old"] = Answer(301, headers={"Location": "/new/"})
        server.answers["/new/"] = Answer(body=PAGE, headers=HTML)
        assert run(scrape_url, {"url": server.url("/old")}) == {
            "url": server.url("/new/"),
            "status": 200,
            "title": "Hello",
            "description": "World",
            "links": [server.url("/new/next")],
        }

    def test_reads_the_beginning_of_a_long_page(self, run: Run, server: Server) -> None:
        server.answers["/"] = Answer(body=PAGE + b"x" * (2 * LIMIT), headers=HTML)
        assert run(scrape_url, {"url": server.url("/")})["title"] == "Hello"

    def test_what_is_no_page_is_final(self, run: Run, server: Server) -> None:
        server.answers["/"] = Answer(body=b"%PDF", headers={"Content-Type": "application/pdf"})
        with pytest.raises(Discard, match="not a web page"):
            run(scrape_url, {"url": server.url("/")})


def test_private_addresses_are_refused(run: Run, server: Server) -> None:
    with pytest.raises(Discard, match="not public"):
        run(scrape_url, {"url": server.url("/")})
    assert server.asked == []


@pytest.mark.parametrize("url", ["", "x", "file:///etc/passwd", "https://user@example.com", 7])
def test_bad_urls_are_refused(run: Run, url: object) -> None:
    with pytest.raises(Invalid, match="payload.url"):
        run(scrape_url, {"url": url})
