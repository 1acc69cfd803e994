"""`--only this,that` of the benchmarks that have parts."""

import argparse
from collections.abc import Callable, Collection


def some_of(known: Collection[str]) -> Callable[[str], list[str]]:
    """The type of such an option: names, by comma. One that is not known is refused, and the known ones are told."""

    def chosen(text: str) -> list[str]:
        names = text.split(",")
        unknown = sorted(set(names).difference(known))
        if unknown:
            raise argparse.ArgumentTypeError(f"no part {', '.join(unknown)}; there are {', '.join(known)}")
        return names

    return chosen
