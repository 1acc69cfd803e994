"""The examples of the documentation that speak to a demo, as they stand in the Markdown."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
ADDRESS = "http://127.0.0.1:8000"
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


class Example(NamedTuple):
    """`place` is file:line; `language` is blank for the shell's."""

    place: str
    language: str
    text: str

    def at(self, url: str) -> str:
        """The text, for a demo that listens elsewhere."""
        return self.text.replace(ADDRESS, url)


def examples() -> list[Example]:
    """Every fenced block that calls the demo; of the shell's, those that begin with `curl`."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [found for page in pages for found in _examples(page)]


def _examples(page: Path) -> Iterator[Example]:
    text = page.read_text()
    for block in _FENCED.finditer(text):
        if ADDRESS in block[2] and (block[1] or block[2].startswith("curl ")):
            line = text.count("\n", 0, block.start()) + 1
            yield Example(f"{page.relative_to(ROOT)}:{line}", block[1], block[2])
