"""Rules of the alarms: each finds one problem of a training, and advises what to try.

A rule reads only the journal, so a live run, a resumed one and a finished one have the same alarms.
An active alarm ends at another bound than the one at which it begins, so that a number near the
bound does not set it off again and again.
"""

import math
from bisect import bisect_right
from collections.abc import Callable
from statistics import fmean, median
from typing import NamedTuple

from core.alarms.evidence import (
    GRACE,
    PATIENCE,
    RECENT,
    Evidence,
    hit_count,
    kl_of,
    peak_beta,
    rise_share,
)
from core.config.annealing import Monotonic
from core.config.schema import Codebook

FIRST_PEAK = 0.06
"""Share of the training at whose head KL leaps up and falls back before the latent is learnt."""
HIGH_RATE = 2.0
"""KL over ln N above which draws from the prior may miss every posterior."""
SAMPLES_WELL = 0.2
"""Gaussian score from which on sampling works, whatever the KL."""
ALL_ALIKE = 0.6
"""Share of the draws that are one word."""
UNEVEN = 0.5
"""Distinct hits, as a share of those of even hits, under which sampling does not work well."""
FEW = 0.1
"""The same, under which a few verbs are repeated."""
GOOD_ENOUGH = 0.9
"""Score that need not improve any more."""
FORGOTTEN = 0.05
"""Fall of the unseen verbs' BLEU-4 from its peak."""
EXPLODED = 20.0
"""Gradient norm over its median."""
VANISHED = 1e-6
"""Gradient norm from which nothing is learnt."""


class Finding(NamedTuple):
    """A problem, and what to try."""

    message: str
    advice: str


Rule = Callable[[Evidence, bool], Finding | None]
"""Function that finds a problem in the evidence, if any. Its bool: the alarm is active."""


def beta_falls_short(evidence: Evidence, active: bool) -> Finding | None:
    """Find a beta that never reaches its maximum under the chosen schedules, at the start.

    A rise that falls short by a tenth, or by less than a step of it, is no problem.
    """
    annealing = evidence.config.objective.annealing
    if not isinstance(annealing, Monotonic):
        return None
    highest, peak = annealing.beta_max, peak_beta(evidence.config, evidence.started.steps_per_epoch)
    one_step = highest * annealing.n_cycles / (annealing.rise_ratio * evidence.started.steps)
    if peak >= highest - max(0.1 * highest, one_step):
        return None
    return Finding(
        f"beta never reaches objective.annealing.beta_max ({highest:g}): it turns at {peak:.3g}",
        "Let it rise sooner (objective.annealing.rise_ratio, objective.annealing.zero_ratio), or "
        "let its fall begin later (prior.start).",
    )


def collapse(evidence: Evidence, active: bool) -> Finding | None:
    """Find posteriors that are the prior, or all alike: the latent does not depend on the word.

    While beta still rises, only a KL that fell from where it told the verbs apart is an alarm.
    Source: Bowman et al. 2016, section 3.1.
    """
    if not evidence.past(GRACE):
        return None
    advice = (
        "Lower objective.annealing.beta_max, let beta rise longer "
        "(objective.annealing.rise_ratio), or raise objective.word_dropout."
    )
    bound = evidence.low_kl * (2 if active else 1)
    recent = evidence.recent("kl")
    if len(recent) > 1 and max(recent) < bound:
        growing = recent[-1] > max(1.1 * recent[0], 0.1 * bound) and not active
        here = evidence.step / evidence.started.steps
        fell = max(evidence.values("kl", here - FIRST_PEAK), default=0.0) > evidence.verbs / 2
        if fell or (evidence.past(rise_share(evidence.config)) and not growing):
            return Finding(
                f"the latent has collapsed: KL is {recent[-1]:.2g} nats, and telling the training "
                f"verbs apart takes {evidence.verbs:.1f}",
                advice,
            )
    lately = evidence.lately[-1:] if active else evidence.lately
    told = [scores.mutual_information for scores in lately if scores.mutual_information is not None]
    if not told or not (active or (len(told) > 1 and evidence.past_warm_up_by(PATIENCE))):
        return None
    if max(told) >= bound and any(scores.active_units for scores in lately):
        return None
    return Finding(
        f"the latent has collapsed: KL is {kl_of(lately[-1]):.2g} nats, yet all posteriors are "
        f"alike and tell {max(told[-1], 0):.2g} nats of the word",
        "Train longer, begin anew with another training.seed, or raise objective.word_dropout.",
    )


def divided_too_early(evidence: Evidence, active: bool) -> Finding | None:
    """Find a latent space that was divided among the verbs before the latent told them apart.

    The cells stay as they are, so nothing later ends this alarm.
    """
    prior, series = evidence.config.prior, evidence.history.series.get("kl")
    if not (series and isinstance(prior, Codebook) and evidence.past(prior.start)):
        return None
    before = series.values[: bisect_right(series.steps, prior.start * evidence.started.steps)][-2:]
    if len(before) < 2 or not max(before) < evidence.low_kl:
        return None
    return Finding(
        f"the latent space was divided too early: KL was {before[-1]:.2g} nats, and telling the "
        f"training verbs apart takes {evidence.verbs:.1f}",
        "Begin anew with more training.epochs, a later prior.start, or a lower "
        "objective.annealing.beta_max.",
    )


def rate_too_high(evidence: Evidence, active: bool) -> Finding | None:
    """Find a KL far above what identifies a verb, where draws from the prior miss or hit few verbs.

    KL = I_q(x; z) + KL(q(z) || N(0, I)), and the first is at most ln N, so the rest is mismatch.
    A model that is not meant to generate (evaluation.select_by) has no such alarm.
    Source: Hoffman & Johnson 2016, section 2.
    """
    scores = evidence.scores
    if scores is None or evidence.config.evaluation.select_by != "joint":
        return None
    kl, gaussian = kl_of(scores), scores.gaussian
    slack = 1.25 if active else 1.0
    if kl * slack < HIGH_RATE * evidence.verbs:
        return None
    if gaussian.ci95[1] <= SAMPLES_WELL * slack:
        seen = f"{gaussian.score:.0%} of the draws from N(0, I) are verbs"
    elif gaussian.distinct <= UNEVEN * slack * (even := evidence.even_hits(gaussian)):
        seen = (
            f"the draws from N(0, I) hit {gaussian.distinct} distinct verbs, where {even:.0f} "
            "would be if they fell alike on all"
        )
    else:
        return None
    return Finding(
        f"the rate is too high to sample: KL is {kl:.1f} nats where ln N is {evidence.verbs:.1f}, "
        f"and {seen}",
        "Raise objective.annealing.beta_max, or train the decoder on draws too "
        "(prior.kind=codebook, prior.draws).",
    )


def latent_ignored(evidence: Evidence, active: bool) -> Finding | None:
    """Find posteriors that differ while the output of the decoder is the same for all."""
    last_two = evidence.lately[-2:]
    if len(last_two) < 2 or min(map(kl_of, last_two)) < evidence.low_kl:
        return None
    for scores in last_two[1:] if active else last_two:
        found = {(one.target_condition, one.prediction) for one in scores.conversions}
        right = {(one.target_condition, one.target) for one in scores.conversions}
        tenses = len({tense for tense, _ in right})
        if len(right) - tenses < 3 or len(found) - tenses > (1 if active else 0):
            return None
    return Finding(
        "the decoder ignores the latent: its output is the same whatever the verb",
        "Set model.latent_every_step, raise objective.word_dropout, or make the decoder smaller "
        "(model.hidden_size).",
    )


def one_word(evidence: Evidence, active: bool) -> Finding | None:
    """Find draws from the prior that decode to one word again and again, or to a few verbs."""
    scores = evidence.scores
    if scores is None or evidence.started.paradigms < 5:
        return None
    gaussian, commonest = scores.gaussian, scores.commonest
    alike, few, enough = (ALL_ALIKE - 0.2, 2 * FEW, 5) if active else (ALL_ALIKE, FEW, 20)
    hits, even = hit_count(gaussian), evidence.even_hits(gaussian)
    if commonest and commonest.times >= max(5, alike * gaussian.draws):
        message = (
            f"one word is repeated: {commonest.times} of {gaussian.draws} draws say "
            f"{commonest.forms[0]}"
        )
    elif hits >= enough and gaussian.distinct <= max(1, few * even):
        message = (
            f"the draws repeat a few verbs: {hits} hits, {gaussian.distinct} distinct, where "
            f"{even:.0f} would be if they fell alike on all"
        )
    else:
        return None
    return Finding(
        message,
        "The Gaussian score means nothing here. Look at the KL: near zero, lower "
        "objective.annealing.beta_max; else train longer.",
    )


def no_longer_improves(evidence: Evidence, active: bool) -> Finding | None:
    """Find a long time without improvement of CE and of the score that chooses the best checkpoint.

    A high score need not. Cyclical annealing is compared with the same place of earlier cycles.
    """
    cycles, patience = evidence.config.objective.annealing.n_cycles, PATIENCE
    if cycles > 1:
        patience = math.ceil(PATIENCE * cycles) / cycles
    if not evidence.past_warm_up_by(patience + 5 * RECENT):
        return None
    before = evidence.values("ce", patience + 5 * RECENT, patience)
    now = evidence.values("ce", 5 * RECENT)
    merit = "joint" if evidence.config.evaluation.select_by == "joint" else "selection_bleu4"
    earlier, lately = evidence.values(merit, 1.0, patience), evidence.values(merit, patience)
    if not (before and now and earlier) or len(lately) < (1 if active else 2):
        return None
    if max(earlier + lately) > GOOD_ENOUGH:
        return None
    slack = 2 if active else 1
    improved = fmean(now) < (1 - 0.02 * slack) * fmean(before)
    if improved or max(lately) > max(earlier) + 0.01 * slack:
        return None
    return Finding(
        f"the training no longer improves: CE has stayed at {fmean(now):.2f} nats and the best "
        f"score at {max(earlier + lately):.2f} for {patience:.0%} of the training",
        "Stop here and use the checkpoint best; next time try another optimizer.learning_rate, a "
        "larger model.hidden_size, or a smaller objective.annealing.beta_max.",
    )


def overfitting(evidence: Evidence, active: bool) -> Finding | None:
    """Find a BLEU-4 of unseen verbs below its peak while CE of the training verbs still falls."""
    series = evidence.history.series.get("selection_bleu4")
    if (
        evidence.config.evaluation.select_on == "train"
        or not series
        or not evidence.past_warm_up_by(0)
    ):
        return None
    peak = max(series.values)
    lately = list(series.values[-3:])
    bound = FORGOTTEN * (0.5 if active else 1.0)
    if len(series) < 4 or max(lately) > peak - bound:
        return None
    ce, since = evidence.history.series["ce"], series.steps[list(series.values).index(peak)]
    at_peak = list(ce.values[max(0, bisect_right(ce.steps, since) - 5) :][:5])
    if not at_peak or fmean(ce.values[-5:]) > fmean(at_peak):
        return None
    return Finding(
        f"overfitting: BLEU-4 of unseen verbs has fallen from {peak:.3f} to {lately[-1]:.3f} while "
        "the training verbs are still learnt",
        "Stop here and use the checkpoint best; next time invent paradigms "
        "(training.invented), raise objective.word_dropout, or train shorter.",
    )


def gradient_trouble(evidence: Evidence, active: bool) -> Finding | None:
    """Find an exploded (by its own median) or vanished gradient. Source: Pascanu et al. 2013."""
    recent = evidence.recent("gradient_norm")
    if not evidence.past(GRACE) or len(recent) < 2:
        return None
    if max(recent) < VANISHED * (10 if active else 1):
        return Finding(
            f"the gradient has vanished: its norm is {max(recent):.1g}, so nothing is learnt",
            "Raise optimizer.learning_rate, or begin anew with another training.seed.",
        )
    usual = median(evidence.values("gradient_norm", 10 * RECENT) or recent)
    if min(recent) < EXPLODED * usual * (0.5 if active else 1.0):
        return None
    return Finding(
        f"the gradient explodes: its norm is {recent[-1]:.3g} where {usual:.3g} is usual",
        "Lower optimizer.learning_rate, or set optimizer.clip_norm to 1.",
    )


RULES: dict[str, tuple[Rule, str]] = {
    "beta": (beta_falls_short, "beta reaches its maximum"),
    "collapse": (collapse, "the decoder uses the latent again"),
    "division": (divided_too_early, "the latent space was divided in time"),
    "rate": (rate_too_high, "the rate is no longer too high to sample"),
    "ignored-latent": (latent_ignored, "the forms follow the latent again"),
    "one-word": (one_word, "the draws differ again"),
    "plateau": (no_longer_improves, "the training improves again"),
    "overfitting": (overfitting, "unseen verbs have recovered"),
    "gradient": (gradient_trouble, "the gradient is as usual again"),
}
"""Kinds of alarm: the rule of each, and the message when it ends."""
