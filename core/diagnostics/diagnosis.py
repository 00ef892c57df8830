"""All diagnostics of a model on its corpus, and their report."""

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any

from core.corpus.paradigms import Corpus
from core.diagnostics import conversions, generation, importance, likelihood, probe, rate, subject
from core.diagnostics.subject import Diagnostic, Row, Subject
from core.model.inference import Inference
from core.progress import ignore

SEED = 0
SAMPLES = 5000
IMPORTANCE_DRAWS = 500

DIAGNOSTICS: tuple[Diagnostic, ...] = (
    *subject.DIAGNOSTICS,
    *likelihood.DIAGNOSTICS,
    *rate.DIAGNOSTICS,
    *probe.DIAGNOSTICS,
    *conversions.DIAGNOSTICS,
    *generation.DIAGNOSTICS,
    *importance.DIAGNOSTICS,
)
"""Every diagnostic, in the order in which they are measured: the slowest is the last."""

Diagnosis = Mapping[str, Any]
"""Result of each diagnostic by its key; None where there was nothing to measure on."""


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
    of = Subject(inference, corpus, seed, draws, importance_draws)
    found: dict[str, Any] = {}
    for diagnostic in DIAGNOSTICS:
        report(diagnostic.stage)
        found[diagnostic.key] = diagnostic.measure(of)
    return found


def sections(diagnosis: Diagnosis) -> Iterator[tuple[str, list[Row]]]:
    """Describe a diagnosis: the title of each section with its rows."""
    rows = [
        row
        for diagnostic in DIAGNOSTICS
        if (found := diagnosis[diagnostic.key]) is not None
        for row in diagnostic.rows(found)
    ]
    order = list(dict.fromkeys(row.section for row in rows))
    rows.sort(key=lambda row: order.index(row.section))
    for section, some in groupby(rows, lambda row: row.section):
        yield section, list(some)
