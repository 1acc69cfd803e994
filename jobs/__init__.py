"""The engine: submit, claim, start, perform, settle; and everything that steers it."""
