"""`cvae-tui export` as it is called."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.exports.export import FORMATS
from core.runs.directory import RunDirectory

Run = Callable[..., "tuple[int, str, str]"]


@pytest.fixture
def export(cvae_tui: Run, trained: RunDirectory) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        return cvae_tui("export", "--runs-dir", trained.path.parent, *arguments)

    return run


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_is_written_to_its_place(export: Run, tmp_path: Path, format: str) -> None:
    place = tmp_path / "exported"
    code, out, err = export("trained", "--to", format, place)
    assert (code, out, err) == (0, "", "")
    assert place.is_dir() if format == "tensorboard" else place.stat().st_size > 1000


def test_standard_output_takes_a_table_and_nothing_else(export: Run) -> None:
    code, out, err = export("trained", "-", "--to", "csv")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "run,step,epoch,elapsed_seconds,series,value"
    assert len(lines) > 100 and all(line.count(",") == 5 for line in lines)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--to", "csv"], "RUN... PATH"),
        (["trained", "--to", "csv"], "RUN... PATH"),
        (["trained", "x.csv"], "--to"),
        (["trained", "x.pdf", "--to", "pdf"], "'csv', 'tensorboard', 'svg', 'png', 'html'"),
        (["nobody", "x.csv", "--to", "csv"], "there is no run 'nobody'"),
        (["trained", "trained", "x.csv", "--to", "csv"], "given twice"),
        (["trained", "nowhere/x.csv", "--to", "csv"], "cannot write nowhere/x.csv"),
        (["trained", "nowhere/x", "--to", "tensorboard"], "cannot write nowhere/x"),
        (["trained", "-", "--to", "tensorboard"], "needs a folder"),
        (["trained", ".", "--to", "html"], ". is not a file"),
        (["trained", ".", "--to", "tensorboard"], "exists already"),
        (["trained", ".", "--to", "tensorboard", "--force"], "is not an event file"),
        (["trained", "kept.txt", "--to", "tensorboard"], "is not a folder"),
        (["trained", "kept.txt", "--to", "png"], "--force"),
    ],
)
def test_a_wrong_argument_is_one_sentence(
    export: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    part: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("kept.txt").write_text("mine")
    code, out, err = export(*arguments)
    assert code == 2 and out == ""
    assert err.count("\n") == 1 and part in err
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_without_tensorboard_the_way_to_get_it_is_said(
    export: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    code, _, err = export("trained", tmp_path / "board", "--to", "tensorboard")
    assert code == 2 and 'pip install "cvae-tui[tensorboard]"' in err
    assert not list(tmp_path.iterdir())


def test_the_help_describes_every_format(cvae_tui: Run) -> None:
    code, out, _ = cvae_tui("export", "--help")
    assert code == 0
    for format in FORMATS.values():
        assert f"{format.name:<12} {format.summary}" in out
