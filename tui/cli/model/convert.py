"""`cvae-tui convert`: conversion of words to other tenses."""

import sys
from itertools import islice

import click

from core.errors import InputError
from core.runs.directory import RunDirectory
from tui.cli.options import checkpoint_option, decoding, decoding_options, run_argument
from tui.cli.output import json_option, print_json, print_table


@click.command()
@run_argument
@click.argument("words", metavar="WORD...", nargs=-1)
@click.option(
    "--from",
    "source",
    metavar="TENSE",
    required=True,
    help="Tense of the words; auto uses the most likely one for each word.",
)
@click.option(
    "--to", "targets", metavar="TENSE", multiple=True, help="Tense to convert to.  [default: all]"
)
@checkpoint_option
@decoding_options
@json_option
def command(
    run: RunDirectory,
    words: tuple[str, ...],
    source: str,
    targets: tuple[str, ...],
    checkpoint: str,
    beam: int,
    temperature: float,
    as_json: bool,
    **_: object,
) -> None:
    """Convert words to other tenses with a saved model.

    Without WORD, words are read from standard input, separated by white space. Tenses may be
    abbreviated: sp, tp, pg, p.
    """
    from core.runs.checkpoint import load_inference

    how = decoding(beam, temperature)
    if not words:
        words = tuple(_read_standard_input())
    vocabulary = run.vocabulary()
    condition = None if source == "auto" else vocabulary.condition(source)
    wanted = [vocabulary.condition(target) for target in targets or vocabulary.conditions]
    for word in words:
        vocabulary.encode(word)
    inference = load_inference(run, checkpoint)
    conditions = (
        inference.likeliest_conditions(words) if condition is None else [condition] * len(words)
    )
    converted = iter(
        inference.convert(
            [word for word in words for _ in wanted],
            [read for read in conditions for _ in wanted],
            wanted * len(words),
            how,
        )
    )
    names = [vocabulary.conditions[index] for index in wanted]
    rows = [
        (word, vocabulary.conditions[read], *islice(converted, len(wanted)))
        for word, read in zip(words, conditions, strict=True)
    ]
    if as_json:
        print_json(
            [
                {"word": word, "from": tense, "forms": dict(zip(names, forms, strict=True))}
                for word, tense, *forms in rows
            ]
        )
    else:
        print_table(("word", "from", *names), rows)


def _read_standard_input() -> list[str]:
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError("no word was given; words are needed as arguments or on standard input")
    try:
        words = sys.stdin.read().split()
    except UnicodeDecodeError:
        raise InputError("standard input is not UTF-8; words in UTF-8 are needed") from None
    if not words:
        raise InputError("standard input has no word; at least one is needed")
    return words
