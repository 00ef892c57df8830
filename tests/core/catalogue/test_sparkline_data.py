import itertools
from pathlib import Path

import msgspec
import pytest

from core.catalogue.sparkline_data import WHOLE, Curves, read_curves
from core.runs.directory import RunDirectory
from core.runs.journal import JournalFollower
from core.training.events import Evaluated, Progress, Started, to_line


def test_the_curves_of_a_short_journal_are_all_its_values(trained: RunDirectory) -> None:
    told = JournalFollower(trained.journal_file).read_new()
    assert read_curves(trained.journal_file) == Curves(
        ce=tuple(event.ce for event in told if isinstance(event, Progress) and event.ce),
        bleu4=tuple(e.scores.selection_bleu4 for e in told if isinstance(e, Evaluated)),
    )


def test_of_a_long_journal_values_from_all_over_it_are_read(
    trained: RunDirectory, tmp_path: Path
) -> None:
    told = JournalFollower(trained.journal_file).read_new()
    progress = next(event for event in told if isinstance(event, Progress))
    journal, steps = tmp_path / "journal.jsonl", 20_000
    with journal.open("wb") as file:
        for step in range(steps):
            file.write(to_line(msgspec.structs.replace(progress, step=step, ce=float(step))))
    assert journal.stat().st_size > 10 * WHOLE
    found = read_curves(journal).ce
    assert len(found) < steps / 10
    assert found == tuple(sorted(set(found)))
    assert (found[0], found[-1]) == (0.0, steps - 1.0)
    assert max(b - a for a, b in itertools.pairwise(found)) < steps / 20


def test_what_a_resumed_training_made_void_is_left_out(
    trained: RunDirectory, tmp_path: Path
) -> None:
    told = JournalFollower(trained.journal_file).read_new()
    progress = next(event for event in told if isinstance(event, Progress))
    started = next(event for event in told if isinstance(event, Started))
    journal = tmp_path / "journal.jsonl"

    def at(step: int, ce: float | None) -> bytes:
        return to_line(msgspec.structs.replace(progress, step=step, ce=ce))

    resumed = to_line(msgspec.structs.replace(started, step=2, resumed=True))
    journal.write_bytes(at(2, 5.0) + at(4, 4.0) + at(6, 9.0) + resumed + at(4, 3.0) + at(8, None))
    assert read_curves(journal).ce == pytest.approx((5.0, 3.0))


def test_where_there_is_no_journal_there_are_no_curves(tmp_path: Path) -> None:
    assert read_curves(tmp_path / "none") == Curves()
