"""`cvae-tui convert`: words to other tenses."""

import sys

import click

from core.errors import InputError
from core.runs.directory import RunDirectory
from tui.cli.options import checkpoint_option, json_option, print_json, run_argument
from tui.cli.table import print_table


@click.command()
@run_argument
@click.argument("words", metavar="WORD...", nargs=-1)
@click.option("--from", "source", metavar="TENSE", required=True, help="Tense of the words.")
@click.option("--to", "targets", metavar="TENSE", multiple=True, help="Tense to convert to; all.")
@checkpoint_option
@json_option
def command(
    run: RunDirectory,
    words: tuple[str, ...],
    source: str,
    targets: tuple[str, ...],
    checkpoint: str,
    as_json: bool,
    **_: object,
) -> None:
    """Convert words to other tenses with a saved model.

    Without WORD, words are read from standard input, separated by white space. Tenses may be
    abbreviated: sp, tp, pg, p.
    """
    from core.runs.checkpoint import load_inference

    if not words:
        words = tuple(_read_standard_input())
    vocabulary = run.vocabulary()
    condition = vocabulary.condition(source)
    wanted = [vocabulary.condition(target) for target in targets]
    wanted = wanted or list(range(len(vocabulary.conditions)))
    for word in words:
        vocabulary.encode(word)
    inference = load_inference(run, checkpoint)
    forms = inference.convert(
        [word for word in words for _ in wanted],
        [condition] * len(words) * len(wanted),
        wanted * len(words),
    )
    names = [vocabulary.conditions[index] for index in wanted]
    rows = list(zip(*[iter(forms)] * len(wanted), strict=True))
    if as_json:
        print_json(
            [
                {
                    "word": word,
                    "from": vocabulary.conditions[condition],
                    "forms": dict(zip(names, row, strict=True)),
                }
                for word, row in zip(words, rows, strict=True)
            ]
        )
    else:
        print_table(("word", *names), [(word, *row) for word, row in zip(words, rows, strict=True)])


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
