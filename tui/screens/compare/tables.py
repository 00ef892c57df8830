"""Tables of the Compare screen: scores, their ranges over seeds, settings that differ."""

from collections.abc import Callable, Sequence

from rich.text import Text

from core.config.fields import differing
from core.config.schema import Config
from core.experiments.bands import summary
from core.exports.palette import COLOURS, MARKERS
from core.text import printable
from tui.screens.compare.groups import Group
from tui.text.format import score
from tui.text.run_table import SYMBOLS

SCORES = {
    "run": 20,
    "best at": 7,
    "BLEU-4": 7,
    "Gaussian": 8,
    "95 % interval": 15,
    "distinct": 8,
    "draws": 7,
    "course": 7,
    "joint": 7,
    "state": 11,
    "interval from 0 to 1": 30,
}
"""Columns of the scores and their widths; the first six fit into 80 characters."""
RANGES = {
    "variant": 29,
    "finished": 8,
    "BLEU-4": 17,
    "Gaussian": 17,
    "joint": 17,
    "best at": 15,
    "distinct": 15,
    "BLEU-4 from 0 to 1": 24,
    "Gaussian from 0 to 1": 24,
}
"""Columns of several runs as one, each a median and a range; the first four fit into 80
characters."""
SHORT, WHOLE = "{:.3f}".format, "{:.0f}".format


def _title(group: Group) -> Text:
    name = Text.assemble((MARKERS[group.place], COLOURS[group.place]), f" {printable(group.name)}")
    name.no_wrap, name.overflow = True, "ellipsis"
    return name


def scores(run: Group) -> list[Text]:
    """Return the cells of a run under `SCORES`."""
    name = _title(run)
    if not run.best:
        return [name, *(Text("") for _ in range(len(SCORES) - 1))]
    (best,) = run.best
    gaussian = best.scores.gaussian
    low, high = gaussian.ci95
    texts = (
        f"{best.epoch:.1f}",
        score(best.scores.headline_bleu4),
        score(gaussian.score),
        f"{low:.4f} - {high:.4f}",
        f"{gaussian.distinct:,}",
        f"{gaussian.draws:,}",
        score(gaussian.course_score),
        score(best.joint),
        f"{SYMBOLS[run.states[0]]} {run.states[0]}",
        _interval(low, gaussian.score, high, SCORES["interval from 0 to 1"]),
    )
    return [name, *(Text(text) for text in texts)]


def ranges(group: Group) -> list[Text]:
    """Return the cells of a group under `RANGES`."""
    cells = [_title(group), Text(group.finished)]
    if not group.best:
        return [*cells, *(Text("") for _ in range(len(RANGES) - len(cells)))]
    bleu4 = summary([best.scores.headline_bleu4 for best in group.best])
    gaussian = summary([best.scores.gaussian.score for best in group.best])
    texts = (
        _range(bleu4, SHORT),
        _range(gaussian, SHORT),
        _range(summary([best.joint for best in group.best]), SHORT),
        _range(summary([best.epoch for best in group.best]), WHOLE),
        _range(summary([best.scores.gaussian.distinct for best in group.best]), WHOLE),
        _interval(bleu4[1], bleu4[0], bleu4[2], RANGES["BLEU-4 from 0 to 1"]),
        _interval(gaussian[1], gaussian[0], gaussian[2], RANGES["Gaussian from 0 to 1"]),
    )
    return [*cells, *(Text(text) for text in texts)]


def _range(found: tuple[float, float, float], spelt: Callable[[float], str]) -> str:
    median, low, high = map(spelt, found)
    return f"{median} {low}-{high}"


def _interval(low: float, middle: float, high: float, width: int) -> str:
    """Draw a score and its interval on a line from 0 to 1."""
    first, at, last = (round(number * (width - 1)) for number in (low, middle, high))
    marks = ["─" if first <= place <= last else "·" for place in range(width)]
    marks[first], marks[last] = "├", "┤"
    marks[at] = "●"
    return "".join(marks)


def settings(configs: Sequence[Config]) -> dict[str, list[Text]]:
    """Return a row for each setting that is not the same in all runs."""
    return {
        texts[0]: [Text(printable(text), no_wrap=True, overflow="ellipsis") for text in texts]
        for texts in differing(configs)
    }
