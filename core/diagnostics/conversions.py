"""Conversion accuracy of seen and of unseen paradigms."""

from collections.abc import Iterator
from functools import partial

from core.diagnostics.subject import Diagnostic, Row, Subject
from core.scores.conversion import Accuracy, conversion_accuracy


def measure(kind: str, subject: Subject) -> Accuracy | None:
    """Measure the accuracy over all directions; None without paradigms."""
    part = subject.part(kind)
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
    yield "Conversions", f"{kind.capitalize()} paradigms", ", ".join(parts)
    yield "Conversions", f"Hardest, {kind}", hardest


DIAGNOSTICS = tuple(
    Diagnostic(
        kind, f"conversions of {kind} paradigms", partial(measure, kind), partial(rows, kind)
    )
    for kind in ("seen", "unseen")
)
