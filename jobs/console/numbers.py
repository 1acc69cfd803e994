"""Numbers as a person reads them at a glance. Pure."""


def compact(value: float) -> str:
    """`999`, `12,345`, `1.2 M`, `3.4 G`."""
    for size, letter in ((1e9, "G"), (1e6, "M")):
        if abs(value) >= size:
            return f"{value / size:,.1f} {letter}"
    return f"{value:,}"


def duration(seconds: float) -> str:
    """Two parts at most: `3 ms`, `4.2 s`, `3 m 20 s`, `2 h 5 m`, `3 d 4 h`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    left = int(seconds)
    for size, unit, smaller, letter in ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if left >= size:
            rest = left % size // smaller
            return f"{left // size} {unit} {rest} {letter}" if rest else f"{left // size} {unit}"
    return f"{left} s"


def octets(count: float) -> str:
    """`512 B`, `3.4 KiB`, `120.0 MiB`."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
