import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from core.config.build import read_config, with_settings
from core.config.fields import fields
from core.config.presets import preset, preset_names
from core.runs.checkpoint import load
from core.runs.directory import RunDirectory

Run = Callable[..., Any]


@pytest.mark.parametrize("name", preset_names())
def test_a_printed_configuration_is_complete_and_read_back(
    cvae_tui: Run, tmp_path: Path, name: str
) -> None:
    settings = ["objective.annealing.kind=cyclical", "training.epochs=7"]
    done = cvae_tui("config", "--preset", name, "--set", settings[0], "--epochs", 7)
    assert done.code == 0
    file = tmp_path / "mine.toml"
    file.write_text(done.out)
    # Over whatever base, for it states everything.
    for base in preset_names():
        assert read_config(file, preset(base)) == with_settings(preset(name), settings)


def test_the_schema_describes_the_settings(cvae_tui: Run) -> None:
    schema = json.loads(cvae_tui("config", "--schema").out)
    assert schema["$ref"] == "#/$defs/Config"
    rate = schema["$defs"]["Adam"]["properties"]["learning_rate"]
    assert rate["description"].startswith("Learning rate")
    assert rate["maximum"] == 100
    assert {one.section for one in fields()} < schema["$defs"]["Config"]["properties"].keys()


def test_a_setting_of_another_alternative_is_refused_with_what_brings_it(cvae_tui: Run) -> None:
    done = cvae_tui("config", "--set", "optimizer.momentum=0.9")
    assert done.code == 2
    assert "set optimizer.kind=sgd as well" in done.err


def test_a_run_is_repeated_from_its_configuration(
    cvae_tui: Run, tmp_path: Path, corpus_file: Path
) -> None:
    first = ("--corpus", corpus_file, "--epochs", 2, "--set", "model.hidden_size=16")
    runs = ("--runs-dir", tmp_path, "--headless")
    assert cvae_tui("train", *runs, "--name", "one", *first).code == 0
    file = tmp_path / "one" / "config.toml"
    assert "[chosen]" in file.read_text()
    assert cvae_tui("train", *runs, "--name", "two", "--config", file).code == 0
    one, two = (RunDirectory(tmp_path / name) for name in ("one", "two"))
    assert two.config().chosen == one.config().chosen
    assert two.config().hardware.threads == one.config().with_chosen().hardware.threads > 0
    weights, again = (load(run.checkpoint("last")).model for run in (one, two))
    assert all(torch.equal(again[name], tensor) for name, tensor in weights.items())
