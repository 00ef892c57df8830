"""Shipped corpora: English verbs in four tenses, most common first."""

from pathlib import Path

_NAMES = ("verbs", "verbs-all")


def corpora() -> dict[str, Path]:
    """Map the name of each shipped corpus to its file.

    `verbs` holds the 1,500 most common verbs; `verbs-all` continues it to 5,490.
    """
    here = Path(__file__).resolve().parent
    return {name: here / f"{name}.tsv" for name in _NAMES}
