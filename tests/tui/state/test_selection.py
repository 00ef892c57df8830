from pathlib import Path

from core.exports.palette import COLOURS, PRINTED_MARKERS
from core.runs.directory import RunDirectory
from tui.state.selection import MARKERS, MOST, RunSelection


def test_the_place_of_a_run_never_changes() -> None:
    chosen, paths = RunSelection(), [RunDirectory(Path(str(n))) for n in range(MOST + 1)]
    assert [chosen.toggle(path) for path in paths] == [True] * MOST + [False]
    chosen.toggle(paths[1])
    assert chosen.place(paths[2]) == 2
    assert chosen.toggle(paths[MOST])
    assert chosen.place(paths[MOST]) == 1
    chosen.replace(paths[2], paths[1])
    assert chosen.place(paths[1]) == 2
    assert len(set(MARKERS)) == len(set(COLOURS)) == len(PRINTED_MARKERS) == MOST


def test_a_run_that_stays_chosen_keeps_its_place() -> None:
    selection, runs = RunSelection(), [RunDirectory(Path(str(n))) for n in range(4)]
    selection.choose(runs[:3])
    selection.choose([runs[3], runs[2]])
    assert dict(selection) == {0: runs[3], 2: runs[2]}
    selection.choose([])
    assert len(selection) == 0
