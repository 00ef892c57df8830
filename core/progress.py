"""Callbacks of a long computation whose caller neither follows nor cancels it."""


def ignore(report: object) -> None:
    """Discard a report of progress."""


def never() -> bool:
    """Never cancel."""
    return False
