"""Which provider serves."""

from dispatcher.conf import Options
from dispatcher.errors import DispatchOff
from dispatcher.providers.contract import Provider
from dispatcher.providers.gemini import Gemini
from dispatcher.providers.offline.provider import read_offline
from dispatcher.providers.openai_compatible import OpenAICompatible


def provider(conf: Options) -> Provider:
    """Raises DispatchOff."""
    name = conf.chosen()
    if name == "gemini":
        return Gemini(conf)
    if name == "openai":
        return OpenAICompatible(conf)
    if name == "offline":
        return read_offline
    raise DispatchOff("plain English is switched off here (DISPATCH_PROVIDER=none)")
