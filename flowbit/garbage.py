"""How often a process looks for garbage in cycles, and among how much."""

import gc

NEW_OBJECTS = 20_000
"""More than a page makes: at Python's own 700 a page's objects are looked at while they are in use, and taken for
lasting ones. A look at all of these followed every thirty requests, and held the process for a tenth of a second."""


def look_seldom() -> None:
    """From the start: nothing becomes garbage while modules are loaded, and to look for it takes a tenth of that."""
    gc.set_threshold(NEW_OBJECTS)


def spare_collections() -> None:
    """Once all is loaded: it stays, so no later look needs to pass over it."""
    gc.collect()
    gc.freeze()
