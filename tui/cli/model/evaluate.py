"""`cvae-tui evaluate`: scores of a checkpoint."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from core.corpus.formats import read_pairs, read_paradigms
from core.corpus.paradigms import SPLITS, Pair
from core.runs.directory import RunDirectory
from tui.cli.options import checkpoint_option, number_option, run_argument, seed_option
from tui.cli.output import json_option, print_json, print_table

FILE = click.Path(path_type=Path)


@click.command()
@run_argument
@checkpoint_option
@click.option(
    "--pairs",
    "pairs_file",
    type=FILE,
    metavar="FILE",
    help="Pairs for BLEU-4.  [default: the pairs of the run]",
)
@click.option(
    "--paradigms",
    "paradigms_file",
    type=FILE,
    metavar="FILE",
    help="Paradigms for conversion accuracy, or a split of the run's corpus: train, valid, test.",
)
@number_option(
    "--gaussian", "draws", default=10_000, most=1_000_000, help="Samples of the Gaussian score."
)
@seed_option
@json_option
def command(
    run: RunDirectory,
    checkpoint: str,
    pairs_file: Path | None,
    paradigms_file: Path | None,
    draws: int,
    seed: int,
    as_json: bool,
    **_: object,
) -> None:
    """Score a checkpoint: BLEU-4 of pairs, Gaussian score, conversion accuracy.

    Without --pairs, a run that was trained without pairs is scored on a fixed random selection of
    conversions that did not take part in choosing its best checkpoint.
    """
    from core.runs.checkpoint import load_inference
    from core.scores.bleu import bleu4
    from core.scores.conversion import conversion_accuracy, convert_pairs
    from core.scores.evaluation import unselected_pairs
    from core.scores.gaussian import gaussian_score

    corpus = run.corpus()
    pairs: Sequence[Pair] = read_pairs(pairs_file, corpus) if pairs_file else run.pairs(corpus)
    pairs = pairs or unselected_pairs(corpus, run.config().evaluation)
    paradigms = None
    if paradigms_file:
        split = next((name for name in SPLITS if name == str(paradigms_file)), None)
        paradigms = (
            corpus.split(split)
            if split and not paradigms_file.exists()
            else read_paradigms(paradigms_file, corpus.conditions)
        )
    inference = load_inference(run, checkpoint)
    predictions = convert_pairs(inference, pairs)
    scored: list[dict[str, Any]] = [
        {
            "source": pair.source,
            "target": pair.target,
            "prediction": prediction,
            "bleu": bleu4(pair.target, prediction),
        }
        for pair, prediction in zip(pairs, predictions, strict=True)
    ]
    document: dict[str, Any] = {
        "bleu4": sum(row["bleu"] for row in scored) / len(scored) if scored else None,
        "pairs": scored,
        "gaussian": msgspec.to_builtins(
            gaussian_score(inference.sample(draws, seed), [p.forms for p in corpus.split("train")])
        ),
    }
    if paradigms is not None:
        document["accuracy"] = msgspec.to_builtins(conversion_accuracy(inference, paradigms))
    if as_json:
        print_json(document)
    else:
        _print(document)


def _print(document: dict[str, Any]) -> None:
    gaussian = document["gaussian"]
    low, high = gaussian["ci95"]
    if len(document["pairs"]) <= 20 or not sys.stdout.isatty():
        print_table(
            ("source", "target", "prediction", "BLEU-4"),
            [
                (row["source"], row["target"], row["prediction"], f"{row['bleu']:.4f}")
                for row in document["pairs"]
            ],
        )
        click.echo()
    if document["bleu4"] is not None:
        click.echo(f"BLEU-4          {document['bleu4']:.4f} over {len(document['pairs'])} pairs")
    click.echo(
        f"Gaussian score  {gaussian['score']:.4f}, 95 % interval {low:.4f} to {high:.4f}, "
        f"{gaussian['draws']:,} samples, {gaussian['distinct']:,} distinct paradigms"
    )
    click.echo(f"course score    {gaussian['course_score']:.4f} (duplicated rows count twice)")
    if "accuracy" in document:
        accuracy = document["accuracy"]
        click.echo(
            f"conversions     {accuracy['directions']:.2%} right, whole paradigms "
            f"{accuracy['paradigms']:.2%}"
        )
        for name in ("regular", "irregular"):
            if accuracy[name] is not None:
                click.echo(f"  {name:<13} {accuracy[name]:.2%}")
        for direction, share in accuracy["by_direction"].items():
            click.echo(f"  {direction:<40} {share:.2%}")
