"""A run that is killed with SIGKILL again and again ends as if nothing had happened."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch

from core.config.build import to_toml
from core.config.schema import Config
from core.runs.directory import RunDirectory
from core.runs.history import History
from core.runs.journal import JournalFollower


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=pytest.mark.slow)])
@pytest.mark.timeout(1800)
def test_killed_runs_end_as_the_undisturbed_one(
    tmp_path: Path, tiny: Callable[..., Config], kills: int
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(to_toml(tiny("training.epochs=12", "objective.word_dropout=0.2")))
    runs = tmp_path / "runs"
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("killing.py"), runs, config, str(kills), "7"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    print("kills, runs, torn checkpoints:", done.stdout)
    whole = RunDirectory(runs / "whole")
    killed = sorted(runs.glob("killed-*"))
    assert killed
    for path in killed:
        directory = RunDirectory(path)
        for name in ("last", "best"):
            there = safetensors.torch.load_file(directory.checkpoint(name))
            wanted = safetensors.torch.load_file(whole.checkpoint(name))
            assert there.keys() == wanted.keys()
            for key, tensor in wanted.items():
                assert torch.equal(there[key], tensor), f"{path.name}: {name}: {key}"
        assert curves(directory) == curves(whole)
        assert not list(path.rglob(".*")), "a torn file was left lying"


def curves(directory: RunDirectory) -> dict[str, object]:
    """What a reader sees of a run, its clock readings aside."""
    history = History()
    history.add(JournalFollower(directory.journal_file).read_new())
    assert history.state == "finished"
    return {
        name: list(zip(series.steps, series.values, strict=True))
        for name, series in history.series.items()
        if name != "words_per_second"
    }
