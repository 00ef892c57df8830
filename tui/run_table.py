"""A run as a row of a table, the same in the app and on the command line."""

import time

from core.runs.catalogue import RunSummary
from tui.wording import ago, score

COLUMNS = ("name", "state", "age", "epoch", "BLEU-4", "Gaussian")


def row(summary: RunSummary) -> tuple[str, ...]:
    """The cells of a run, one for each of `COLUMNS`."""
    return (
        summary.name,
        summary.state,
        ago(time.time() - summary.age) if summary.age else "",
        f"{summary.epoch:.1f}",
        score(summary.bleu4),
        score(summary.gaussian),
    )
