"""Conversion accuracy of seen and of unseen paradigms."""

from collections.abc import Iterator
from functools import partial

from core.diagnostics.subject import Diagnostic, Part, Row
from core.scores.conversion import Accuracy, conversion_accuracy


def measure(part: Part) -> Accuracy | None:
    """Measure the accuracy over all directions; None without paradigms."""
    return conversion_accuracy(part.inference, part.paradigms) if part.paradigms else None


def rows(kind: str, found: Accuracy) -> Iterator[Row]:
    """Describe the accuracy and the hardest conversions."""
    parts = [f"{found.directions:.2%} right", f"whole paradigms {found.paradigms:.2%}"]
    for name, share in (("regular", found.regular), ("irregular", found.irregular)):
        if share is not None:
            parts.append(f"{name} {share:.2%}")
    direction, by_direction = min(found.by_direction.items(), key=lambda item: item[1])
    length, by_length = min(found.by_length.items(), key=lambda item: item[1])
    hardest = f"{direction} {by_direction:.2%}; targets of {length} characters {by_length:.2%}"
    yield Row("Conversions", f"{kind} paradigms", ", ".join(parts))
    yield Row("Conversions", f"Hardest, {kind.lower()}", hardest)


DIAGNOSTICS = (
    Diagnostic(
        "seen", "conversions", lambda subject: measure(subject.seen), partial(rows, "Training")
    ),
    Diagnostic(
        "unseen",
        "conversions of unseen paradigms",
        lambda subject: measure(subject.unseen),
        partial(rows, "Unseen"),
    ),
)
