"""A line as small as a word. Pure."""

from collections.abc import Sequence

WIDTH, HEIGHT = 96, 20


def points(values: Sequence[float], width: int = WIDTH, height: int = HEIGHT) -> str:
    """`x,y x,y ...` of an SVG polyline from the first value to the last; the highest touches the top."""
    if len(values) < 2:
        return ""
    top = max(*values, 1)
    step = width / (len(values) - 1)
    heights = [height - 1 - (height - 2) * max(value, 0) / top for value in values]
    return " ".join(f"{number * step:.1f},{at:.1f}" for number, at in enumerate(heights))
