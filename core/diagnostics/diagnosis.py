"""All diagnostics of a model on its corpus, and their report."""

from collections.abc import Callable, Mapping
from typing import Any

from core.corpus.paradigms import Corpus
from core.diagnostics import conversions, generation, importance, likelihood, probe, rate
from core.diagnostics.subject import Diagnostic, Subject
from core.model.inference import Inference
from core.progress import ignore

SEED = 0
SAMPLES = 5000
IMPORTANCE_DRAWS = 500

DIAGNOSTICS: tuple[Diagnostic, ...] = (
    *likelihood.DIAGNOSTICS,
    *rate.DIAGNOSTICS,
    *probe.DIAGNOSTICS,
    *conversions.DIAGNOSTICS,
    *generation.DIAGNOSTICS,
    *importance.DIAGNOSTICS,
)
"""Every diagnostic, in the order in which they are measured: the slowest is the last."""

Diagnosis = Mapping[str, Any]
"""Numbers of paradigms, and each diagnostic's result by key; None where nothing was measured."""


def diagnose(
    inference: Inference,
    corpus: Corpus,
    *,
    seed: int = SEED,
    draws: int = SAMPLES,
    importance_draws: int = IMPORTANCE_DRAWS,
    report: Callable[[str], None] = ignore,
) -> Diagnosis:
    """Measure all diagnostics of a model. The same seed gives the same diagnosis.

    draws: samples from the prior, and as many from the aggregate posterior.
    importance_draws: latents per word of log p(x|c), the slowest part; 0 leaves it out.
    report: receives the stage that begins.

    Raises Cancelled when the inference is cancelled.
    """
    subject = Subject(inference, corpus, seed, draws, importance_draws)
    found: dict[str, Any] = {
        "paradigms": len(subject.seen.paradigms),
        "unseen_paradigms": len(subject.unseen.paradigms),
    }
    for diagnostic in DIAGNOSTICS:
        report(diagnostic.stage)
        found[diagnostic.key] = diagnostic.measure(subject)
    return found


def sections(diagnosis: Diagnosis) -> dict[str, list[tuple[str, str]]]:
    """Describe a diagnosis: the names and values of each section, by its title."""
    counts = ("Training paradigms", "paradigms"), ("Unseen paradigms", "unseen_paradigms")
    found = {"Corpus": [(name, f"{diagnosis[key]:,}") for name, key in counts]}
    for diagnostic in DIAGNOSTICS:
        if (result := diagnosis[diagnostic.key]) is not None:
            for section, name, value in diagnostic.rows(result):
                found.setdefault(section, []).append((name, value))
    return found
