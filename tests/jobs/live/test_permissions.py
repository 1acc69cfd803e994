"""Who hears of whose jobs, of everybody who may come. A stream without expectations fails here."""

from contextlib import AsyncExitStack

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.broker import Broker
from jobs.live.routing import websocket_urlpatterns
from tests.jobs import scenes
from tests.jobs.api import roles
from tests.jobs.api.test_permissions import EXPECTED, KNOWN, LOOK, SEE_ONE, STREAM, let_through
from tests.jobs.live.listening import Refused, do, listening, run

pytestmark = pytest.mark.django_db(transaction=True)

STREAMS: dict[str, tuple[set[str], set[str]]] = {
    "ws": ({"owner"}, set()),
    "ws/events": (SEE_ONE, {*LOOK, "key jobs:operate"}),
}
"""Who hears of a job of `owner`, for the tenant of `member`, and who of somebody else's for no tenant. All but
`anonymous` are let in."""


@pytest.fixture
def everybody(transactional_db: None, broker: Broker) -> dict[str, Client]:
    return roles.make()


def test_who_is_let_through_to_server_sent_events(everybody: dict[str, Client]) -> None:
    assert let_through(everybody, *STREAM, {}) == EXPECTED[STREAM]


def test_every_stream_has_its_expectations() -> None:
    assert {str(route.pattern) for route in websocket_urlpatterns} - {""} == set(STREAMS)


@pytest.mark.parametrize("route", sorted(STREAMS))
def test_who_hears_of_whose_jobs(everybody: dict[str, Client], broker: Broker, route: str) -> None:
    """Jobs from before are in a first snapshot, all later ones come; after a flush everybody is told that it was."""
    owner = User.objects.get(username="owner")
    heard: dict[str, str] = {}

    async def scene() -> list[str]:
        with pytest.raises(Refused) as refusal:
            async with listening(f"/{route}", shown(everybody["anonymous"])):
                pass
        assert refusal.value.status == 401
        async with AsyncExitStack() as stack:
            ears = {}
            if route == "ws":
                made = [await do(submit, owner.pk, roles.TENANT), await do(submit, owner.pk + 1000, "")]
            for name in sorted(KNOWN):
                ears[name] = await stack.enter_async_context(listening(f"/{route}", shown(everybody[name])))
                heard[name] = str(await ears[name].message())
            if route != "ws":
                made = [await do(submit, owner.pk, roles.TENANT), await do(submit, owner.pk + 1000, "")]
                while made[1] not in heard["admin"]:
                    heard["admin"] += str(await ears["admin"].message())
                broker.flush()
                for name in sorted(KNOWN):
                    while "resync" not in heard[name]:
                        heard[name] += str(await ears[name].message())
        return made

    own, foreign = run(scene)
    assert {name for name, text in heard.items() if own in text} == STREAMS[route][0]
    assert {name for name, text in heard.items() if foreign in text} == STREAMS[route][1]


def submit(owner_id: int, tenant_id: str) -> str:
    return str(scenes.queued("test.noop", owner_id=owner_id, tenant_id=tenant_id))


def shown(client: Client) -> dict[str, str]:
    """The headers by which a client says who it is."""
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    key = client.defaults.get("HTTP_X_API_KEY")
    return ({"Cookie": cookie} if cookie else {}) | ({"X-API-Key": key} if key else {})
