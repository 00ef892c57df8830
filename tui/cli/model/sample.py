"""`cvae-tui sample`: samples from the prior."""

import click

from core.runs.directory import RunDirectory
from tui.cli.options import (
    checkpoint_option,
    decoding,
    decoding_options,
    number_option,
    run_argument,
    seed_option,
)
from tui.cli.output import json_option, print_json, print_table


@click.command()
@run_argument
@number_option("-n", "draws", default=10, most=1_000_000, help="Number of samples.")
@seed_option
@checkpoint_option
@decoding_options
@json_option
def command(
    run: RunDirectory,
    draws: int,
    seed: int,
    checkpoint: str,
    beam: int,
    temperature: float,
    as_json: bool,
    **_: object,
) -> None:
    """Sample latents from N(0, I) and decode each under every tense.

    A sample is a hit when all its forms together are a training paradigm.
    """
    from core.runs.checkpoint import load_inference

    how = decoding(beam, temperature, seed)
    inference = load_inference(run, checkpoint)
    known = {paradigm.forms for paradigm in run.corpus().split("train")}
    names = inference.vocabulary.conditions
    samples = inference.sample(draws, seed, how)
    if as_json:
        found = [(dict(zip(names, forms, strict=True)), forms in known) for forms in samples]
        print_json([{"forms": forms, "hit": hit} for forms, hit in found])
    else:
        print_table((*names, "hit"), [(*forms, "hit" * (forms in known)) for forms in samples])
