"""Which provider serves."""

from django.utils.module_loading import import_string

from dispatcher.conf import Options
from dispatcher.errors import DispatchOff
from dispatcher.providers.contract import Provider
from dispatcher.providers.offline.provider import read_offline
from dispatcher.providers.openai_compatible import OpenAICompatible


def provider(conf: Options) -> Provider:
    """Raises DispatchOff."""
    name = conf.chosen()
    if name == "gemini":
        # Google's library is a third of all that a web process would load, and only those who have a key need it.
        gemini: Provider = import_string("dispatcher.providers.gemini.Gemini")(conf)
        return gemini
    if name == "openai":
        return OpenAICompatible(conf)
    if name == "offline":
        return read_offline
    raise DispatchOff("plain English is switched off here (DISPATCH_PROVIDER=none)")
