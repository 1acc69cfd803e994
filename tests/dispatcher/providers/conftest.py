from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.dispatcher.model_server import Reply, Script, serve

Scripted = Callable[[dict[str, Reply]], Script]


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """`scripted({"model": reply})`: a running server that answers so."""
    with ExitStack() as stack:
        yield lambda replies: stack.enter_context(serve(Script(replies)))
