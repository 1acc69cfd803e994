"""The OpenAI-compatible provider against a local server of that protocol."""

import pytest

from dispatcher.conf import Options
from dispatcher.errors import ProviderRefused, ProviderUnavailable, UnfitAnswer
from dispatcher.providers.contract import Trace
from dispatcher.providers.openai_compatible import OpenAICompatible
from dispatcher.schema import answer_schema
from tests.dispatcher.model_server import Reply, Script, job, openai
from tests.dispatcher.providers.conftest import Scripted
from tests.dispatcher.providers.test_gemini import MINE

MAIL = openai(job("Mail", {"recipient": "bob@example.com"}))


def provider(script: Script, timeout: float = 15.0) -> OpenAICompatible:
    return OpenAICompatible(Options(openai_url=f"{script.url}/v1/", openai_key="k", openai_model="m", timeout=timeout))


def test_an_answer_becomes_a_proposal(scripted: Scripted) -> None:
    script, trace = scripted({"m": MAIL}), Trace("openai")
    assert provider(script)("mail bob", MINE, trace).payload == {"recipient": "bob@example.com"}
    assert (trace.model, trace.input_tokens, trace.output_tokens) == ("m", 90, 12)
    wanted = script.bodies[0]["response_format"]
    assert wanted["type"] == "json_schema" and wanted["json_schema"]["schema"] == answer_schema(MINE)
    assert script.headers[0]["authorization"] == "Bearer k"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply({"error": "sk-secret"}, 401), ProviderRefused),
        (Reply({"error": "sk-secret"}, 302), ProviderRefused),
        (Reply({"error": "sk-secret"}, 429), ProviderUnavailable),
        (Reply({"error": "sk-secret"}, 500), ProviderUnavailable),
        (Reply(b"sk-secret"), UnfitAnswer),
        (Reply([1]), UnfitAnswer),
        (Reply({"choices": []}), UnfitAnswer),
        (Reply(b"x" * 2_000_000), UnfitAnswer),
        (Reply(b"[" * 100_000), UnfitAnswer),
        (openai(job("cleanup.run", {})), UnfitAnswer),
    ],
)
def test_a_failure_has_its_kind_and_not_the_servers_words(
    scripted: Scripted, reply: Reply, kind: type[Exception]
) -> None:
    with pytest.raises(kind) as caught:
        provider(scripted({"m": reply}))("mail bob", MINE, Trace("openai"))
    assert "sk-secret" not in str(caught.value)


def test_a_server_that_hangs_is_left(scripted: Scripted) -> None:
    with pytest.raises(ProviderUnavailable, match="in time"):
        provider(scripted({"m": Reply(hang=True)}), timeout=0.3)("mail bob", MINE, Trace("openai"))
