"""`cvae-tui plot`: curves as text."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.exports.palette import MARKERS
from core.runs.directory import RunDirectory
from core.runs.journal import JournalWriter, read_whole
from core.training.events import Progress
from tui.charts.braille import BLANK

Run = Callable[..., Any]


@pytest.fixture
def runs(trained: RunDirectory, tmp_path: Path) -> Path:
    for name in ("first", "second"):
        shutil.copytree(trained.path, tmp_path / "runs" / name)
    return tmp_path / "runs"


def test_the_default_metrics_of_a_run_are_drawn(cvae_tui: Run, runs: Path) -> None:
    code, out, _ = cvae_tui("plot", "first", "--runs-dir", runs)
    assert code == 0
    for title in ("Loss", "KL nats/word", "BLEU-4", "Gaussian score"):
        assert title in out
    lines = out.splitlines()
    assert len(lines) <= 30 and max(map(len, lines)) <= 80
    assert any(BLANK < character <= "\u28ff" for character in out)
    assert "\x1b" not in out, "no colour where there is no terminal"


def test_any_series_of_the_journal_is_drawn_by_its_name(cvae_tui: Run, runs: Path) -> None:
    options = ("--runs-dir", runs, "--width", 60, "--height", 20)
    _, out, _ = cvae_tui("plot", "first", "gradient_norm", "kl_of_dimension_02", *options)
    assert "Gradient norm" in out and "KL of dimension 02" in out
    lines = out.splitlines()
    assert len(lines) == 20 and max(map(len, lines)) <= 60


def test_several_runs_are_drawn_in_one_picture_with_a_legend(cvae_tui: Run, runs: Path) -> None:
    _, out, _ = cvae_tui("plot", "first", "second", "ce", "--runs-dir", runs)
    *picture, legend = out.splitlines()
    assert legend == f"{MARKERS[0]} first   {MARKERS[1]} second"
    assert any(MARKERS[1] in line for line in picture)
    assert "epoch" not in out or "CE nats/word" in out


def test_values_that_are_not_finite_are_left_out(cvae_tui: Run, runs: Path) -> None:
    journal = RunDirectory(runs / "first").journal_file
    last = [event for event in read_whole(journal) if isinstance(event, Progress)][-1]
    with journal.open("ab") as file:
        line = msgspec.json.encode(msgspec.structs.replace(last, step=last.step + 1, ce=None))
        file.write(line.replace(b'"kl":', b'"kl":1e999,"_":') + b"\n")
    with JournalWriter(journal) as writer:
        writer.write(msgspec.structs.replace(last, step=last.step + 2, ce=None))
    code, out, _ = cvae_tui("plot", "first", "ce", "kl", "--runs-dir", runs)
    assert code == 0 and "CE nats/word" in out


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["nobody"], ["there is no run 'nobody'"]),
        (["first", "nothing"], ["'nothing'", "the runs are first, second", "ce, ", "gaussian"]),
        (["first", "bleu4_of_nothing"], ["neither a run nor a metric"]),
        (["first"] * 9, ["9 runs", "up to 8"]),
        (["first", "--width", "3"], ["--width"]),
        ([], ["RUN"]),
    ],
)
def test_a_word_that_names_nothing_is_refused_with_what_there_is(
    cvae_tui: Run, runs: Path, words: list[str], parts: list[str]
) -> None:
    code, out, err = cvae_tui("plot", *words, "--runs-dir", runs)
    assert (code, out) == (2, "") and err.count("\n") == 1
    assert all(part in err for part in parts)


def test_a_run_without_values_is_refused(cvae_tui: Run, runs: Path) -> None:
    journal = RunDirectory(runs / "first").journal_file
    journal.write_bytes(b"")
    code, _, err = cvae_tui("plot", "first", "--runs-dir", runs)
    assert code == 2 and "no values yet; train it first" in err


def test_torch_is_not_imported(runs: Path) -> None:
    script = (
        f"import sys; sys.argv = ['cvae-tui', 'plot', 'first', '--runs-dir', {str(runs)!r}]\n"
        "from tui.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as leaving: assert leaving.code == 0\n"
        "assert not {'torch', 'textual', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env=os.environ | {"COLUMNS": "80"})


@pytest.mark.parametrize("no_colour", ["", "1"])
def test_a_terminal_gets_colours_unless_they_are_unwanted(
    cvae_tui: Run, runs: Path, monkeypatch: pytest.MonkeyPatch, no_colour: str
) -> None:
    monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setattr("tui.cli.results.plot.sys.stdout.isatty", lambda: True)
    _, out, _ = cvae_tui("plot", "first", "second", "--runs-dir", runs)
    assert ("\x1b[38;2;" in out) is not bool(no_colour)
