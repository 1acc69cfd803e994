import pytest

from jobs.handlers import html_page

URL = "https://example.com/a/page"


def test_reads_title_description_and_links() -> None:
    page = html_page.read(
        b"""<!doctype html><html><head><title> A &amp; B
        </title><meta name="Description" content=" What  it is "></head>
        <body><a href="/x">x</a><a href="y?q=1#part">y</a><a href="//other.example/z">z</a>
        <a href="/x">again</a>
        <a href="mailto:a@example.com">m</a><a href="javascript:alert(1)">j</a><a>none</a><a href="http://[">bad</a>
        <svg><title>Icon</title></svg></body></html>""",
        URL,
    )
    assert (page.title, page.description) == ("A & B", "What it is")
    assert page.links == ["https://example.com/x", "https://example.com/a/y?q=1", "https://other.example/z"]


def test_a_base_moves_the_links() -> None:
    page = html_page.read(b'<base href="/b/"><a href="x">x</a>', URL)
    assert page.links == ["https://example.com/b/x"]


def test_the_description_may_be_of_open_graph() -> None:
    assert html_page.read(b'<meta property="og:description" content="D">', URL).description == "D"


@pytest.mark.parametrize(
    ("body", "header"),
    [
        ("<title>Größe</title>".encode(), None),
        ("<title>Größe</title>".encode("latin-1"), "iso-8859-1"),
        (b'<meta charset="iso-8859-1">' + "<title>Größe</title>".encode("latin-1"), None),
        ("<title>Größe</title>".encode(), "no-such-charset"),
        ("<title>Größe</title>".encode(), "punycode"),
        ("<title>Größe</title>".encode(), "hex"),
        ("<title>Größe</title>".encode(), "undefined"),
    ],
)
def test_finds_the_encoding(body: bytes, header: str | None) -> None:
    assert html_page.read(body, URL, header).title == "Größe"


def test_amounts_are_bounded() -> None:
    body = "<title>" + "t" * 5000 + "</title>" + "".join(f'<a href="/{n}">' for n in range(2000))
    page = html_page.read((body + f'<a href="/{"x" * 5000}">').encode(), URL)
    assert (len(page.title), len(page.links)) == (html_page.MAX_TEXT, html_page.MAX_LINKS)


@pytest.mark.parametrize("body", [b"", b"<", b"<title", b"<title>open", b"<a href=", b"\0\xff<a href='b\0c'>", b"<!--"])
def test_broken_pages_do_no_harm(body: bytes) -> None:
    assert html_page.read(body, URL).links == []


@pytest.mark.parametrize(
    "piece",
    [
        b"<",
        b"<a",
        b"<!--",
        b"<a href='",
        b"</",
        b"<![",
        b"&#",
        b"<a b=",
        b"<meta charset",
        b'<a b="',
        b'<a "',
        b"<title",
        b"<script ",
        b"<a x",
        b"a ",
    ],
)
@pytest.mark.timeout(30, func_only=True)
def test_a_hostile_page_is_read_to_its_end(piece: bytes) -> None:
    """What is quadratic in the page's length would take minutes."""
    assert html_page.read(piece * (1_000_000 // len(piece)), URL) is not None
