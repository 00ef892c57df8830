"""`cvae-tui convert`: conversion of words to other tenses."""

import sys
from typing import Any

import click

from core.errors import InputError
from core.runs.directory import RunDirectory
from tui.cli.options import (
    checkpoint_option,
    decoding,
    decoding_options,
    json_option,
    print_json,
    run_argument,
)
from tui.cli.table import print_table


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
    wanted = [vocabulary.condition(target) for target in targets]
    wanted = wanted or list(range(len(vocabulary.conditions)))
    for word in words:
        vocabulary.encode(word)
    inference = load_inference(run, checkpoint)
    conditions = (
        inference.likeliest_conditions(words) if condition is None else [condition] * len(words)
    )
    forms = inference.convert(
        [word for word in words for _ in wanted],
        [read for read in conditions for _ in wanted],
        wanted * len(words),
        how,
    )
    names = [vocabulary.conditions[index] for index in wanted]
    converted: list[dict[str, Any]] = [
        {
            "word": word,
            "from": vocabulary.conditions[read],
            "forms": dict(zip(names, row, strict=True)),
        }
        for word, read, row in zip(
            words, conditions, zip(*[iter(forms)] * len(wanted), strict=True), strict=True
        )
    ]
    if as_json:
        print_json(converted)
    else:
        print_table(
            ("word", "from", *names),
            [(one["word"], one["from"], *one["forms"].values()) for one in converted],
        )


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
