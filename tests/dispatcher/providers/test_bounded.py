"""How many sentences may wait for a model at once."""

from dataclasses import replace

import pytest
from pytest_django import Settings

from dispatcher.conf import Options
from dispatcher.errors import ProviderUnavailable
from dispatcher.providers import bounded
from dispatcher.providers.contract import Trace
from dispatcher.providers.openai_compatible import OpenAICompatible
from jobs.conf import options
from tests.dispatcher.model_server import job, openai
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
