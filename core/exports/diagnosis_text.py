"""The diagnostics of a checkpoint as names and sentences."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.diagnostics.diagnosis import Diagnosis
    from core.diagnostics.generation import Generation
    from core.diagnostics.likelihood import Likelihood
    from core.scores.conversion import Accuracy

Fact = tuple[str, str]


def findings(found: "Diagnosis") -> Iterator[tuple[str, list[Fact]]]:
    """What was found, under a heading each."""
    yield "Likelihood, in nats per word", list(_likelihood(found))
    yield "Rate, in nats per word", list(_rate(found))
    yield "Conversions", list(_conversions(found))
    yield "Generation", list(_generation(found))


def _likelihood(found: "Diagnosis") -> Iterator[Fact]:
    yield f"{found.paradigms:,} training paradigms", _elbo(found.likelihood)
    if found.unseen_likelihood:
        yield f"{found.unseen_paradigms:,} unseen paradigms", _elbo(found.unseen_likelihood)
    if weighted := found.importance_weighted:
        yield (
            "log p(x|c)",
            f"{weighted.log_likelihood:.2f} ± {weighted.half_width:.2f}, from {weighted.draws} "
            f"latents for each of {weighted.words} words",
        )


def _elbo(found: "Likelihood") -> str:
    return (
        f"ELBO {found.elbo:.2f} = -({found.ce:.2f} CE + {found.kl:.2f} KL); CE {found.ce_stem:.3f} "
        f"in the stem, {found.ce_ending:.3f} in the ending"
    )


def _rate(found: "Diagnosis") -> Iterator[Fact]:
    rate = found.rate
    yield (
        "KL",
        f"{rate.kl:.2f} = {rate.mutual_information:.2f} told of the word + {rate.marginal_kl:.2f} "
        "mismatch between the aggregate posterior and N(0, I)",
    )
    yield "To name a paradigm", f"takes ln N = {rate.ln_paradigms:.2f}"
    yield "Active units", f"{rate.active_units} of {len(rate.mean)} latent dimensions"
    if probe := found.probe:
        low, high = probe.ci95
        yield (
            "Condition read from z",
            f"{probe.accuracy:.1%} of {probe.words:,} words ({low:.1%} to {high:.1%}), "
            f"by chance {probe.chance:.1%}",
        )


def _conversions(found: "Diagnosis") -> Iterator[Fact]:
    yield "Seen in training", _accuracy(found.seen)
    if found.unseen:
        yield "Unseen", _accuracy(found.unseen)


def _accuracy(found: "Accuracy") -> str:
    direction, share = min(found.by_direction.items(), key=lambda item: item[1])
    parts = [f"{found.directions:.2%} right", f"{found.paradigms:.2%} of whole paradigms"]
    for name, part in (("regular", found.regular), ("irregular", found.irregular)):
        if part is not None:
            parts.append(f"{name} {part:.2%}")
    return f"{', '.join(parts)}; hardest: {direction} {share:.2%}"


def _generation(found: "Diagnosis") -> Iterator[Fact]:
    yield "From N(0, I)", _draws(found.prior)
    yield "From the aggregate posterior", _draws(found.aggregate)
    for forms in found.prior.some_novel[:3]:
        yield "Novel but real", " ".join(forms)
    for miss in found.prior.near_misses[:5]:
        yield f"Off by {miss.distance}", f"{' '.join(miss.forms)} ({miss.nearest[0]})"


def _draws(found: "Generation") -> str:
    gaussian = found.gaussian
    low, high = gaussian.ci95
    return (
        f"Gaussian score {gaussian.score:.4f} ({low:.4f} to {high:.4f}) of {gaussian.draws:,} "
        f"draws, {gaussian.distinct:,} distinct, as even as {math.exp(found.entropy):,.0f}; "
        f"{found.novel:.2%} novel but real"
    )
