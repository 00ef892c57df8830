"""`cvae-tui diagnose`: what is behind the scores of a checkpoint."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from core.runs.directory import RunDirectory
from core.runs.journal import read_whole
from core.text import printable
from core.training.events import Alarm
from tui.cli.options import checkpoint_option, json_option, print_json, run_argument, seed_option
from tui.cli.progress import say

if TYPE_CHECKING:
    from core.diagnostics.diagnosis import Diagnosis
    from core.diagnostics.generation import Generation
    from core.diagnostics.likelihood import Likelihood
    from core.scores.conversion import Accuracy


@click.command()
@run_argument
@checkpoint_option
@click.option(
    "--draws",
    type=click.IntRange(1, 1_000_000),
    default=5000,
    show_default=True,
    help="Draws from the prior, and as many from the aggregate posterior.",
)
@click.option(
    "--importance",
    type=click.IntRange(0, 100_000),
    default=500,
    show_default=True,
    metavar="K",
    help="Latents a word for log p(x|c), which takes longest; 0 leaves it out.",
)
@seed_option
@json_option
def command(
    run: RunDirectory,
    checkpoint: str,
    draws: int,
    importance: int,
    seed: int,
    as_json: bool,
    **_: object,
) -> None:
    """Look behind the scores of a checkpoint.

    How likely it finds words, where the nats of the KL go, what the latent tells, which conversions
    fail, what its draws are, and the alarms that stand at the end of the run.
    """
    from core.alarms.watch import alarms
    from core.diagnostics.diagnosis import diagnose
    from core.runs.checkpoint import load_inference

    inference = load_inference(run, checkpoint)
    diagnosis = diagnose(
        inference, run.corpus(), seed=seed, draws=draws, importance_draws=importance, say=say
    )
    say("")
    told = {alarm.kind: alarm for alarm in alarms(run.config(), read_whole(run.journal_file))}
    standing = [alarm for alarm in told.values() if alarm.begins]
    if as_json:
        print_json(
            {
                "run": run.name,
                "checkpoint": checkpoint or run.checkpoint_names()[0],
                **msgspec.to_builtins(diagnosis, str_keys=True),
                "alarms": [
                    {"kind": alarm.kind, "message": alarm.message, "advice": alarm.advice}
                    for alarm in standing
                ],
            }
        )
    else:
        _print(diagnosis, standing)


def _print(found: "Diagnosis", standing: Sequence[Alarm]) -> None:
    click.echo("Likelihood (nats per word)")
    _print_likelihood(f"{found.paradigms:,} training paradigms", found.likelihood)
    if found.unseen_likelihood:
        _print_likelihood(f"{found.unseen_paradigms:,} unseen paradigms", found.unseen_likelihood)
    if weighted := found.importance_weighted:
        _line(
            "log p(x|c)",
            f"{weighted.log_likelihood:.2f} +- {weighted.half_width:.2f}, {weighted.draws} latents "
            f"for each of {weighted.words} words",
        )
    rate = found.rate
    click.echo("\nRate (nats per word)")
    _line("KL", f"{rate.kl:.2f} = {rate.mutual_information:.2f} + {rate.marginal_kl:.2f}")
    _line("  told of the word", f"{rate.mutual_information:.2f} of at most {rate.ln_words:.2f}")
    _line("  mismatch", f"{rate.marginal_kl:.2f} between aggregate posterior and N(0, I)")
    _line("naming a paradigm", f"takes ln N = {rate.ln_paradigms:.2f}")
    click.echo("\nLatent")
    _line("active units", f"{rate.active_units} of {len(rate.mean)}")
    ranked = sorted(rate.kl_per_dimension, reverse=True)
    _line("KL by dimension", ", ".join(f"{kl:.2f}" for kl in ranked[:8]) + ", ..."[: len(ranked)])
    _line("aggregate mean", f"{min(rate.mean):.2f} to {max(rate.mean):.2f} (N(0, I): 0)")
    _line(
        "aggregate variance", f"{min(rate.variance):.2f} to {max(rate.variance):.2f} (N(0, I): 1)"
    )
    if probe := found.probe:
        low, high = probe.ci95
        _line(
            "tense read from z",
            f"{probe.accuracy:.1%} ({low:.1%} to {high:.1%}), chance {probe.chance:.1%}",
        )
    click.echo("\nConversions")
    _print_accuracy("seen", found.seen)
    if found.unseen:
        _print_accuracy("unseen", found.unseen)
    click.echo("\nGeneration")
    _print_generation("from N(0, I)", found.prior)
    _print_generation("from the aggregate", found.aggregate)
    for forms in found.prior.some_novel[:3]:
        _line("  novel but real", " ".join(forms))
    for miss in found.prior.near_misses[:5]:
        _line(f"  off by {miss.distance}", f"{' '.join(miss.forms)} ({miss.nearest[0]})")
    click.echo("\nAlarms")
    for alarm in standing:
        click.echo(click.wrap_text(printable(f"{alarm.message}. {alarm.advice}"), 78, "  ", "    "))
    if not standing:
        click.echo("  none stands")


def _line(name: str, value: str) -> None:
    click.echo(printable(f"  {name:<20} {value}")[:100])


def _print_likelihood(title: str, found: "Likelihood") -> None:
    click.echo(f"  {title}")
    _line("  ELBO", f"{found.elbo:.2f} = -({found.ce:.2f} CE + {found.kl:.2f} KL)")
    _line(
        "  CE",
        f"{found.ce_stem:.3f} stem + {found.ce_ending:.3f} ending; "
        f"{found.ce_per_character:.4f} per character",
    )
    _line("  CE by position", " ".join(f"{ce:.3f}" for ce in found.ce_by_position[:10]))


def _print_accuracy(title: str, found: "Accuracy") -> None:
    parts = [f"{found.directions:.2%} right", f"whole paradigms {found.paradigms:.2%}"]
    for name, share in (("regular", found.regular), ("irregular", found.irregular)):
        if share is not None:
            parts.append(f"{name} {share:.2%}")
    _line(title, ", ".join(parts))
    direction, share = min(found.by_direction.items(), key=lambda item: item[1])
    _line("  hardest direction", f"{direction} {share:.2%}")
    length, share = min(found.by_length.items(), key=lambda item: item[1])
    _line("  hardest length", f"{length} letters {share:.2%}")


def _print_generation(title: str, found: "Generation") -> None:
    gaussian, alike = found.gaussian, math.exp(found.entropy)
    low, high = gaussian.ci95
    _line(
        title,
        f"{gaussian.score:.4f} ({low:.4f} to {high:.4f}), {gaussian.distinct:,} distinct, "
        f"as even as {alike:,.0f}",
    )
    near = sum(count for distance, count in found.misses_by_distance.items() if distance <= 2)
    _line(
        "",
        f"{found.novel:.2%} novel but real; {near} of {found.measured_misses} misses within 2 "
        "letters",
    )
