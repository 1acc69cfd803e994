"""The offline parser as a provider."""

from dispatcher.choices import Choices
from dispatcher.errors import UnfitAnswer
from dispatcher.providers.contract import Trace
from dispatcher.providers.offline.reading import read
from dispatcher.schema import Proposal

MODEL = "offline-parser"


def read_offline(prompt: str, choices: Choices, trace: Trace) -> Proposal:
    """See `contract.Provider`. It asks nobody."""
    trace.model, trace.tried = MODEL, [MODEL]
    reading = read(prompt, choices)
    if reading is None:
        raise UnfitAnswer("there is nothing to choose from")
    return Proposal(reading.choice.labels[0], reading.choice, reading.payload, reading.confidence)
