"""Formats of numbers and times, for screens and commands."""


def score(value: float | None) -> str:
    """Format a score from 0 to 1 with four places."""
    return "" if value is None else f"{value:.4f}"


def ago(seconds: float) -> str:
    """Format an age in one unit."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def size(count: float) -> str:
    """Format a number of bytes in one unit."""
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= bytes_:
            return f"{count / bytes_:.1f} {unit}"
    return f"{count:.0f} B"


def duration(seconds: float) -> str:
    """Format a time span as h:mm:ss or m:ss."""
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def count(value: float) -> str:
    """Format a whole number with commas between thousands."""
    return f"{value:,.0f}"


def figure(value: float | None) -> str:
    """Format a number with at most four significant digits."""
    if value is None:
        return ""
    if value != value:
        return "not finite"
    magnitude = abs(value)
    if magnitude and (magnitude < 0.001 or magnitude >= 100_000):
        return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e")
    return f"{value:.4g}"
