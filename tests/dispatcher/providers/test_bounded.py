"""How many sentences may wait for a model at once, and how much one may answer."""

import gzip
import zlib
from dataclasses import replace

import pytest
from pytest_django import Settings

from dispatcher.conf import Options
from dispatcher.errors import ProviderUnavailable, UnfitAnswer
from dispatcher.providers import bounded
from dispatcher.providers.contract import Provider, Trace
from dispatcher.providers.gemini import Gemini
from dispatcher.providers.openai_compatible import OpenAICompatible
from jobs.conf import options
from tests.dispatcher.model_server import Reply, job, openai
from tests.dispatcher.providers.conftest import Scripted
from tests.dispatcher.providers.test_gemini import MINE


def test_a_slow_model_never_takes_more_than_half_of_the_web_processs_threads(
    scripted: Scripted, settings: Settings
) -> None:
    settings.FLOWBIT = replace(options(), web_threads=4)
    script = scripted({"m": openai(job("Mail", {"recipient": "bob@example.com"}))})
    ask = OpenAICompatible(Options(openai_url=f"{script.url}/v1/", openai_model="m"))
    with bounded.turn(), bounded.turn():
        with pytest.raises(ProviderUnavailable):
            ask("mail bob", MINE, Trace("openai"))
        assert not script.asked
    assert ask("mail bob", MINE, Trace("openai")).label == "Mail"


@pytest.mark.parametrize("reply", [
    Reply(b"x" * (bounded.MOST + 1)),
    Reply(gzip.compress(bytes(10 * bounded.MOST)), encoding="gzip"),
    Reply(zlib.compress(bytes(10 * bounded.MOST)), encoding="deflate"),
    Reply(gzip.compress(gzip.compress(bytes(10 * bounded.MOST))), encoding="gzip, gzip"),
], ids=["long", "gzip", "deflate", "twice"])  # fmt: skip
def test_no_answer_fills_the_memory(scripted: Scripted, reply: Reply) -> None:
    script = scripted({"*": reply})
    local = OpenAICompatible(Options(openai_url=f"{script.url}/v1/", openai_model="m"))
    gemini = Gemini(Options(gemini_key="k", gemini_url=script.url, gemini_model="m"))
    asked: tuple[Provider, ...] = (local, gemini)
    for ask in asked:
        with pytest.raises(UnfitAnswer, match="too long|compressed"):
            ask("mail bob", MINE, Trace("any"))
