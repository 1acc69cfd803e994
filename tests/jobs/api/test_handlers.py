from typing import Any

import pytest
from django.test import Client

from jobs.api.schema import controls
from jobs.registry import registry
from tests.jobs.api.callers import look, ok

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_type_with_its_schema(ada: Any, client: Client) -> None:
    found = {one["type"]: one for one in ok(look(client, "handlers"), controls.Handlers)["results"]}
    assert list(found) == registry.types()
    letter = found["test.letter"]
    assert (letter["aliases"], letter["queue"], letter["timeout"]) == (["test.post"], "letters", 10.0)
    assert letter["payload_schema"]["required"] == ["recipient"]
    assert (letter["allowed"], found["cleanup.run"]["allowed"]) == (True, False)
