"""Draw the pictures of docs/experiments.md from the runs of experiments, and print its tables.

    python docs/experiments.py lab=RUNS verbs=RUNS

Each argument is the name of a corpus and the runs directory of its experiments.
"""

import math
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt

from core.catalogue.listing import run_directories
from core.experiments.bands import band, summary
from core.experiments.membership import by_variant
from core.exports.palette import COLOURS
from core.runs.directory import RunDirectory
from core.runs.history import History, Series
from core.runs.journal import read_whole
from core.training import events

PICTURES = Path(__file__).resolve().parent / "pictures"
CHARTS = {"ce": "CE, nats per word", "kl": "KL, nats", "bleu4": "BLEU-4", "gaussian": "Gaussian"}
LEARNT = 12.0
"""CE, in nats per word, that marks half of the way."""
CYCLES = 4
WINDOW = 9
"""Number of reports in a running median."""

Variants = Mapping[str, Sequence[History]]


def main(arguments: Sequence[str]) -> None:
    """Draw and print everything."""
    mpl.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "cvae-tui", "font.size": 8}
    found: dict[str, dict[str, Variants]] = {}
    for argument in arguments:
        corpus, _, runs = argument.partition("=")
        for name, variants in by_variant(run_directories(Path(runs))).items():
            histories = {
                variant: [history(run) for run in some] for variant, some in variants.items()
            }
            found.setdefault(name, {})[corpus] = histories
    for name, corpora in found.items():
        draw(name, corpora)
        print(f"\n## {name}\n")
        print(table(corpora))
        if name in EXTRA:
            print("\n" + EXTRA[name](corpora))


def history(run: RunDirectory) -> History:
    """Return the whole history of a run."""
    told = History()
    told.add(read_whole(run.journal_file))
    return told


def series(run: History, name: str) -> Series:
    """Return a series of a run; BLEU-4 is of the reported pairs where there are any."""
    if name == "bleu4" and name not in run.series:
        name = "selection_bleu4"
    return run.series.get(name, Series())


def by_epoch(numbers: Series) -> tuple[list[float], list[float]]:
    """Return epochs and the mean of a series over each; a batch has words of similar length."""
    found: dict[float, list[float]] = {}
    for epoch, value in zip(numbers.epochs, numbers.values, strict=True):
        found.setdefault(math.ceil(epoch), []).append(value)
    return list(found), [statistics.fmean(values) for values in found.values()]


def draw(name: str, corpora: Mapping[str, Variants]) -> None:
    """Draw a row of charts for each corpus: the median of the seeds, and the range as a band."""
    figure, axes = plt.subplots(
        len(corpora), len(CHARTS), figsize=(11, 2.4 * len(corpora)), squeeze=False
    )
    for row, (corpus, variants) in zip(axes, corpora.items(), strict=True):
        for ax, (key, title) in zip(row, CHARTS.items(), strict=True):
            for (variant, runs), colour in zip(variants.items(), COLOURS, strict=False):
                told = band([by_epoch(series(run, key)) for run in runs])
                ax.plot(told.places, told.median, color=colour, linewidth=1, label=variant)
                ax.fill_between(told.places, told.low, told.high, color=colour, alpha=0.2, lw=0)
            ax.set_title(f"{title} ({corpus})")
            ax.set_xlabel("epoch")
            ax.set_ylim(bottom=0)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=len(labels), frameon=False)
    figure.tight_layout(rect=(0, 0.12 / len(corpora), 1, 1))
    PICTURES.mkdir(exist_ok=True)
    figure.savefig(PICTURES / f"experiment-{name}.svg", metadata={"Date": None})
    plt.close(figure)


def table(corpora: Mapping[str, Variants]) -> str:
    """Return a table of final scores, CE, KL and seconds of training."""
    rows = [
        "| corpus | variant | seeds | BLEU-4 | Gaussian | distinct | CE | KL | seconds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for corpus, variants in corpora.items():
        for variant, runs in variants.items():
            ends = [run.evaluated for run in runs if run.evaluated]
            cells = (
                spread([bleu4(end) for end in ends], 2),
                spread([end.scores.gaussian.score for end in ends], 3),
                spread([end.scores.gaussian.distinct for end in ends], 0),
                spread([last(run, "ce") for run in runs], 1),
                spread([last(run, "kl") for run in runs], 1),
                spread([end.elapsed for end in ends], 0),
            )
            finished = sum(run.state == "finished" for run in runs)
            rows.append(f"| {corpus} | {variant} | {finished} | {' | '.join(cells)} |")
    return "\n".join(rows)


def bleu4(end: events.Evaluated) -> float:
    """Return BLEU-4 of an evaluation, of the reported pairs where there are any."""
    scores = end.scores
    return scores.selection_bleu4 if scores.bleu4 is None else scores.bleu4


def last(run: History, name: str) -> float:
    """Return the median of a number over the last tenth of the reports of a run."""
    values = series(run, name).values
    return summary(values[-max(1, len(values) // 10) :])[0]


def spread(values: Sequence[float], digits: int) -> str:
    """Format the median, the lowest and the highest value."""
    middle, low, high = (f"{value:.{digits}f}" for value in summary(values))
    return f"{middle} ({low} to {high})"


def resets(corpora: Mapping[str, Variants]) -> str:
    """List CE in the epoch before each reset of beta, and in the two epochs after it."""
    lines = []
    for corpus, variants in corpora.items():
        for number, run in enumerate(variants["cyclical"]):
            ce = dict(zip(*by_epoch(series(run, "ce")), strict=True))
            last_epoch = int(max(ce))
            starts = [last_epoch * cycle // CYCLES for cycle in range(1, CYCLES)]
            told = [" > ".join(f"{ce[start + n]:.1f}" for n in (0, 1, 2)) for start in starts]
            lines.append(f"{corpus}, run {number}: CE at the resets: {', '.join(told)}")
    return "\n".join(lines)


def roughness(corpora: Mapping[str, Variants]) -> str:
    """List the deviation of CE per character from its running median, in the second half."""
    lines = []
    for corpus, variants in corpora.items():
        for variant, runs in variants.items():
            told = spread([jumps(series(run, "ce_per_character").values) for run in runs], 4)
            lines.append(f"{corpus}, {variant}: standard deviation of CE per character {told}")
    return "\n".join(lines)


def jumps(values: Sequence[float]) -> float:
    """Return the standard deviation about the running median, over the second half."""
    half = WINDOW // 2
    places = range(max(half, len(values) // 2), len(values) - half)
    return statistics.pstdev(
        values[place] - statistics.median(values[place - half : place + half + 1])
        for place in places
    )


def speed(corpora: Mapping[str, Variants]) -> str:
    """List the epoch at which CE first falls below a threshold."""
    lines = []
    for corpus, variants in corpora.items():
        for variant, runs in variants.items():
            told = [reached(series(run, "ce")) for run in runs]
            words = spread(told, 0) if all(map(math.isfinite, told)) else "not by all seeds"
            lines.append(f"{corpus}, {variant}: CE below {LEARNT:g} nats from epoch {words}")
    return "\n".join(lines)


def reached(numbers: Series) -> float:
    """Return the first epoch at which CE is below the threshold; nan without one."""
    pairs = zip(*by_epoch(numbers), strict=True)
    return next((epoch for epoch, value in pairs if value < LEARNT), math.nan)


EXTRA: Mapping[str, Callable[[Mapping[str, Variants]], str]] = {
    "annealing": resets,
    "teacher-forcing": roughness,
    "learning-rate": speed,
}

if __name__ == "__main__":
    main(sys.argv[1:])
