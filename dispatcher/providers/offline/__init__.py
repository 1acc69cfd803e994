"""Plain English without a language model: rules over the handlers' schemas."""
