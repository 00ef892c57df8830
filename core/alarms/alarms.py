"""Alarms: what is amiss with a training, in words, and what to try.

Each rule looks only at what the journal tells. So a live run, a resumed one and the journal of a
finished one give the same alarms. A rule lets an alarm that stands end later than it would let it
begin, so that a number that wavers about a bound does not ring again and again.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean, median

from core.config.schema import Config
from core.runs.history import History
from core.training.events import Alarm, Evaluated, Event, Gaussian, Progress, Scores, Started
from core.training.schedules import Schedules

GRACE = 0.03
"""Share of the training at whose head only its schedules are judged."""
FIRST_PEAK = 0.06
"""Share of the training at whose head KL leaps up and falls back before the latent is learnt."""
RECENT = 0.01
"""Share of the training whose readings tell how it stands."""
LOW_KL = 0.5
"""Nats under which a latent says nothing of a word."""
HIGH_RATE = 2.0
"""KL over ln N above which draws from the prior may miss every posterior."""
SAMPLES_WELL = 0.2
"""Gaussian score from which on sampling works, whatever the KL."""
ALL_ALIKE = 0.6
"""Share of the draws that are one word."""
UNEVEN = 0.5
"""Distinct hits over those that as many hits would be if every paradigm were hit alike, under which
sampling does not work well."""
FEW = 0.1
"""The same, under which a few verbs are repeated."""
PATIENCE = 0.2
"""Share of the training in which something should improve."""
GOOD_ENOUGH = 0.9
"""Score that need not improve any more."""
FORGOTTEN = 0.05
"""Fall of the unseen verbs' BLEU-4 from its peak."""
EXPLODED = 20.0
"""Gradient norm over its median."""
VANISHED = 1e-6
"""Gradient norm from which nothing is learnt."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is amiss, and what to try."""

    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class Course:
    """A training as its journal tells it so far."""

    config: Config
    history: History

    @property
    def started(self) -> Started:
        """What it trains on."""
        assert self.history.started
        return self.history.started

    @property
    def step(self) -> int:
        """The last step of which something was told."""
        return self.history.last.step if self.history.last else 0

    @property
    def verbs(self) -> float:
        """ln N of the distinct training paradigms, in nats: what a latent must tell to name one."""
        return math.log(max(self.started.paradigms, 2))

    @property
    def low_kl(self) -> float:
        """Nats under which the latent has collapsed; less where few paradigms need few."""
        return min(LOW_KL, self.verbs / 4)

    def past(self, share: float) -> bool:
        """Whether more than this share of the training lies behind."""
        return self.step > share * self.started.steps

    @property
    def warm(self) -> bool:
        """Whether beta has risen, and fallen where a memory lets it."""
        return self.past_warm_up_by(0)

    def past_warm_up_by(self, share: float) -> bool:
        """Whether it has been warm for more than this share of the training."""
        return self.past(_warm_up(self.config) + share)

    def values(self, name: str, start: float, end: float = 0.0) -> list[float]:
        """The finite values of a series between two shares of the training before now."""
        series = self.history.series.get(name)
        if series is None:
            return []
        low, high = (
            bisect_right(series.steps, self.step - share * self.started.steps)
            for share in (start, end)
        )
        return [value for value in series.values[low:high] if math.isfinite(value)]

    def recent(self, name: str) -> list[float]:
        """The last values of a series, two at least where there are two."""
        recent = self.values(name, RECENT)
        if len(recent) < 2 and (series := self.history.series.get(name)):
            recent = [value for value in series.values[-2:] if math.isfinite(value)]
        return recent

    def even_hits(self, gaussian: Gaussian) -> float:
        """How many distinct paradigms so many hits would be if they fell alike on all: of H on N,
        N (1 - (1 - 1/N)^H), for H hits miss one of N with probability (1 - 1/N)^H.
        """
        paradigms = self.started.paradigms
        return paradigms * (1 - (1 - 1 / paradigms) ** _hits(gaussian))

    @property
    def scores(self) -> Scores | None:
        """The last scores, unless they are from before it was warm."""
        return self.lately[-1] if self.lately else None

    @property
    def lately(self) -> list[Scores]:
        """The last scores and those of the last PATIENCE of the training before them, from when it
        was warm.
        """
        evaluated = self.history.evaluated
        if evaluated is None:
            return []
        start = evaluated.step - PATIENCE * self.started.steps
        start = max(start, _warm_up(self.config) * self.started.steps)
        return [event.scores for event in self.history.evaluations if event.step > start]


Rule = Callable[[Course, bool], Finding | None]
"""What is amiss with a course, if anything; told whether this alarm stands already."""


def beta_falls_short(course: Course, standing: bool) -> Finding | None:
    """Beta never reaches its maximum under the chosen schedules. Known at the start.

    A rise that falls short by a tenth, or by less than a step of it, is let pass.
    """
    objective, peak = course.config.objective, _peak(course.config, course.started.steps_per_epoch)
    cycles = objective.cycles if objective.annealing == "cyclical" else 1
    one_step = objective.beta_max * cycles / (objective.rise_ratio * course.started.steps)
    if peak >= objective.beta_max - max(0.1 * objective.beta_max, one_step):
        return None
    return Finding(
        f"beta never reaches objective.beta_max ({objective.beta_max:g}): it turns at {peak:.3g}",
        "Let it rise sooner (objective.rise_ratio, objective.zero_ratio), or let its fall begin "
        "later (prior.start).",
    )


def collapse(course: Course, standing: bool) -> Finding | None:
    """The posteriors are the prior, or all alike: the latent says nothing of the word.

    While beta still rises, only a KL that fell from where it told the verbs apart is an alarm.
    Source: Bowman et al. 2016, section 3.1.
    """
    if not course.past(GRACE):
        return None
    advice = (
        "Lower objective.beta_max, let beta rise longer (objective.rise_ratio), or blank more of "
        "the decoder's input (objective.blank_probability)."
    )
    bound = course.low_kl * (2 if standing else 1)
    recent = course.recent("kl")
    if len(recent) > 1 and max(recent) < bound:
        growing = recent[-1] > max(1.1 * recent[0], 0.1 * bound) and not standing
        here = course.step / course.started.steps
        fell = max(course.values("kl", here - FIRST_PEAK), default=0.0) > course.verbs / 2
        if fell or (course.past(_rise(course.config)) and not growing):
            return Finding(
                f"the latent has collapsed: KL is {recent[-1]:.2g} nats, and telling the training "
                f"verbs apart takes {course.verbs:.1f}",
                advice,
            )
    lately = course.lately[-1:] if standing else course.lately
    told = [scores.mutual_information for scores in lately if scores.mutual_information is not None]
    if not told or not (standing or (len(told) > 1 and course.past_warm_up_by(PATIENCE))):
        return None
    if max(told) >= bound and any(scores.active_units for scores in lately):
        return None
    return Finding(
        f"the latent has collapsed: KL is {_kl(lately[-1]):.2g} nats, yet all posteriors are alike "
        f"and tell {max(told[-1], 0):.2g} nats of the word",
        "Train longer, begin anew with another training.seed, or blank more of the decoder's input "
        "(objective.blank_probability).",
    )


def divided_too_early(course: Course, standing: bool) -> Finding | None:
    """The latent space was divided among the verbs before the latent told them apart.

    The cells stay as they are, so nothing later ends this alarm.
    """
    start, series = course.config.prior.start, course.history.series.get("kl")
    if not (series and course.config.model.has_memory and course.past(start)):
        return None
    before = series.values[: bisect_right(series.steps, start * course.started.steps)][-2:]
    if len(before) < 2 or not max(before) < course.low_kl:
        return None
    return Finding(
        f"the latent space was divided too early: KL was {before[-1]:.2g} nats, and telling the "
        f"training verbs apart takes {course.verbs:.1f}",
        "Begin anew with more training.epochs, a later prior.start, or a lower objective.beta_max.",
    )


def rate_too_high(course: Course, standing: bool) -> Finding | None:
    """Far more nats than name a verb, and draws from the prior miss, or come to some verbs alone.

    KL = I_q(x; z) + KL(q(z) || N(0, I)), and the first is at most ln N, so the rest is mismatch.
    Not told of a model that is not meant to generate (evaluation.select_by).
    Source: Hoffman & Johnson 2016, section 2.
    """
    scores = course.scores
    if scores is None or course.config.evaluation.select_by != "joint":
        return None
    kl, gaussian = _kl(scores), scores.gaussian
    slack = 1.25 if standing else 1.0
    if kl * slack < HIGH_RATE * course.verbs:
        return None
    if gaussian.ci95[1] <= SAMPLES_WELL * slack:
        seen = f"{gaussian.score:.0%} of the draws from N(0, I) are verbs"
    elif gaussian.distinct <= UNEVEN * slack * (even := course.even_hits(gaussian)):
        seen = (
            f"the draws from N(0, I) hit {gaussian.distinct} distinct verbs, where {even:.0f} "
            "would be if they fell alike on all"
        )
    else:
        return None
    return Finding(
        f"the rate is too high to sample: KL is {kl:.1f} nats where ln N is {course.verbs:.1f}, "
        f"and {seen}",
        "Raise objective.beta_max, or give the decoder a memory (model.memory_size) and train it "
        "on draws (prior.ratio).",
    )


def latent_ignored(course: Course, standing: bool) -> Finding | None:
    """The posteriors differ, yet the decoder says the same whatever the latent."""
    last_two = course.lately[-2:]
    if len(last_two) < 2 or min(map(_kl, last_two)) < course.low_kl:
        return None
    for scores in last_two[1:] if standing else last_two:
        said: dict[str, set[str]] = {}
        meant: dict[str, set[str]] = {}
        for conversion in scores.conversions:
            said.setdefault(conversion.target_condition, set()).add(conversion.prediction)
            meant.setdefault(conversion.target_condition, set()).add(conversion.target)
        told_apart = sum(len(words) - 1 for words in said.values())
        to_tell = sum(len(words) - 1 for words in meant.values())
        if to_tell < 3 or told_apart > (1 if standing else 0):
            return None
    return Finding(
        "the decoder ignores the latent: whatever the verb, it says the same",
        "Set model.latent_every_step, blank more of the decoder's input "
        "(objective.blank_probability), or make the decoder smaller (model.hidden_size).",
    )


def one_word(course: Course, standing: bool) -> Finding | None:
    """Draws from the prior decode to one word again and again, or their hits to a few verbs."""
    scores = course.scores
    if scores is None or course.started.paradigms < 5:
        return None
    gaussian, commonest = scores.gaussian, scores.commonest
    alike, few, enough = (ALL_ALIKE - 0.2, 2 * FEW, 5) if standing else (ALL_ALIKE, FEW, 20)
    hits, even = _hits(gaussian), course.even_hits(gaussian)
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
        "objective.beta_max; else train longer.",
    )


def no_longer_improves(course: Course, standing: bool) -> Finding | None:
    """Neither CE nor the score that chooses the best checkpoint has improved for long.

    A high score may rest. Cyclical annealing is compared with the same place of earlier cycles.
    """
    objective, patience = course.config.objective, PATIENCE
    if objective.annealing == "cyclical":
        patience = math.ceil(PATIENCE * objective.cycles) / objective.cycles
    if not course.past_warm_up_by(patience + 5 * RECENT):
        return None
    before = course.values("ce", patience + 5 * RECENT, patience)
    now = course.values("ce", 5 * RECENT)
    merit = "joint" if course.config.evaluation.select_by == "joint" else "selection_bleu4"
    earlier, lately = course.values(merit, 1.0, patience), course.values(merit, patience)
    if not (before and now and earlier) or len(lately) < (1 if standing else 2):
        return None
    if max(earlier + lately) > GOOD_ENOUGH:
        return None
    slack = 2 if standing else 1
    improved = fmean(now) < (1 - 0.02 * slack) * fmean(before)
    if improved or max(lately) > max(earlier) + 0.01 * slack:
        return None
    return Finding(
        f"the training no longer improves: CE has stayed at {fmean(now):.2f} nats and the best "
        f"score at {max(earlier + lately):.2f} for {patience:.0%} of the training",
        "Stop here and use the checkpoint best; next time try another optimizer.learning_rate, a "
        "larger model.hidden_size, or a smaller objective.beta_max.",
    )


def overfitting(course: Course, standing: bool) -> Finding | None:
    """BLEU-4 of unseen verbs falls from its peak while CE of the training verbs falls on."""
    series = course.history.series.get("selection_bleu4")
    if course.config.evaluation.select_on == "train" or not series or not course.warm:
        return None
    peak = max(series.values)
    lately = list(series.values[-3:])
    bound = FORGOTTEN * (0.5 if standing else 1.0)
    if len(series) < 4 or max(lately) > peak - bound:
        return None
    ce, since = course.history.series["ce"], series.steps[list(series.values).index(peak)]
    at_peak = list(ce.values[max(0, bisect_right(ce.steps, since) - 5) :][:5])
    if not at_peak or fmean(ce.values[-5:]) > fmean(at_peak):
        return None
    return Finding(
        f"overfitting: BLEU-4 of unseen verbs has fallen from {peak:.3f} to {lately[-1]:.3f} while "
        "the training verbs are still learnt",
        "Stop here and use the checkpoint best; next time invent paradigms "
        "(training.hallucinated), blank more (objective.blank_probability), or train shorter.",
    )


def gradient_trouble(course: Course, standing: bool) -> Finding | None:
    """The gradient has exploded, against its own median, or vanished.

    Source: Pascanu et al. 2013.
    """
    recent = course.recent("gradient_norm")
    if not course.past(GRACE) or len(recent) < 2:
        return None
    if max(recent) < VANISHED * (10 if standing else 1):
        return Finding(
            f"the gradient has vanished: its norm is {max(recent):.1g}, so nothing is learnt",
            "Raise optimizer.learning_rate, or begin anew with another training.seed.",
        )
    usual = median(course.values("gradient_norm", 10 * RECENT) or recent)
    if min(recent) < EXPLODED * usual * (0.5 if standing else 1.0):
        return None
    return Finding(
        f"the gradient explodes: its norm is {recent[-1]:.3g} where {usual:.3g} is usual",
        "Lower optimizer.learning_rate, or set optimizer.clip_norm to 1.",
    )


RULES: dict[str, tuple[Rule, str]] = {
    "beta": (beta_falls_short, "beta reaches its maximum"),
    "collapse": (collapse, "the latent is in use again"),
    "division": (divided_too_early, "the latent space was divided in time"),
    "rate": (rate_too_high, "the rate is no longer too high to sample"),
    "ignored-latent": (latent_ignored, "the decoder listens to the latent again"),
    "one-word": (one_word, "the draws differ again"),
    "plateau": (no_longer_improves, "the training improves again"),
    "overfitting": (overfitting, "unseen verbs have recovered"),
    "gradient": (gradient_trouble, "the gradient is as usual again"),
}
"""The kinds of alarm: when each stands, and what is said when it ends."""


class Watch:
    """Follows the events of one training and says when an alarm begins and when it ends.

    told: the journal so far, where a training goes on. Its own alarms are believed.
    """

    def __init__(self, config: Config, told: Iterable[Event] = ()) -> None:
        self.history = History()
        self.history.add(told)
        self._config = config

    def hear(self, event: Event) -> list[Alarm]:
        """The alarms that begin or end with an event."""
        self.history.add([event])
        if not self.history.started or not isinstance(event, Started | Progress | Evaluated):
            return []
        course, standing = Course(self._config, self.history), self.history.standing
        alarms = []
        for kind, (rule, over) in RULES.items():
            finding = rule(course, kind in standing)
            if bool(finding) is (kind in standing):
                continue
            alarms.append(
                Alarm(
                    step=event.step,
                    epoch=event.epoch,
                    time=event.time,
                    elapsed=event.elapsed,
                    kind=kind,
                    message=finding.message if finding else over,
                    advice=finding.advice if finding else "",
                    begins=finding is not None,
                )
            )
        self.history.add(alarms)
        return alarms


def alarms(config: Config, told: Iterable[Event]) -> list[Alarm]:
    """The alarms of a journal, whether or not it tells any: as a training would have given them."""
    watch = Watch(config)
    for event in told:
        if not isinstance(event, Alarm):
            watch.hear(event)
    return watch.history.alarms


def _hits(gaussian: Gaussian) -> int:
    return round(gaussian.score * gaussian.draws)


def _kl(scores: Scores) -> float:
    """KL of the words that were scored, in nats."""
    return sum(kl for kl in scores.kl_per_dimension if kl is not None)


def _rise(config: Config) -> float:
    """Share of the training after which beta has risen, GRACE at least."""
    objective = config.objective
    if objective.annealing == "constant" or objective.beta_max <= objective.beta_start:
        return GRACE
    cycles = objective.cycles if objective.annealing == "cyclical" else 1
    return max(GRACE, (objective.zero_ratio + objective.rise_ratio) / cycles)


def _warm_up(config: Config) -> float:
    """Share of the training after which beta has risen, and fallen where a memory lets it."""
    if not config.model.has_memory:
        return _rise(config)
    return max(_rise(config), config.prior.start + config.objective.fall_ratio)


@lru_cache(maxsize=8)
def _peak(config: Config, steps_per_epoch: int) -> float:
    """The highest beta of a training.

    Within a cycle beta only rises, and only the fall ends that: the peak is a cycle's last step or
    the first of the fall.
    """
    schedules = Schedules(config, steps_per_epoch)
    cycles = config.objective.cycles if config.objective.annealing == "cyclical" else 1
    ends = {math.ceil(cycle * schedules.steps / cycles) - 1 for cycle in range(1, cycles + 1)}
    return max(schedules.beta(step) for step in ends | {schedules.division, 0})
