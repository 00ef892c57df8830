"""Files of version 0.1.0 (tests/core/earlier/README.md) are still of use."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from core.config import earlier
from core.config.presets import own_folder, preset
from core.config.schema import Config
from core.experiments.design import read_experiment
from core.runs.checkpoint import load, load_inference
from core.runs.directory import RunDirectory
from core.session import train
from core.training import events
from core.training.control import Control

EARLIER = Path(__file__).parent / "earlier"
RUNS = sorted(path.name for path in (EARLIER / "runs").iterdir())
SETTINGS = json.loads((EARLIER / "settings.json").read_text(encoding="utf-8"))
TRIALS = [(name, trial) for name, trials in SETTINGS["experiments"].items() for trial in trials]


@pytest.fixture
def run(request: pytest.FixtureRequest, tmp_path: Path) -> RunDirectory:
    return RunDirectory(shutil.copytree(EARLIER / "runs" / request.param, tmp_path / request.param))


@pytest.fixture
def presets() -> None:
    shutil.copytree(EARLIER / "presets", own_folder())


@pytest.mark.parametrize("run", RUNS, indirect=True)
def test_an_earlier_run_answers_as_it_did(run: RunDirectory) -> None:
    expected = json.loads((EARLIER / "expected" / f"{run.name}.json").read_text(encoding="utf-8"))
    model = load_inference(run, "last")
    conditions = range(len(model.vocabulary.conditions))
    for word, forms in expected["convert"].items():
        assert [model.convert([word], [0], [to])[0] for to in conditions] == forms
    assert [list(forms) for forms in model.sample(6, seed=0)] == expected["sample"]


@pytest.mark.parametrize("run", RUNS, indirect=True)
def test_an_earlier_run_goes_on_to_the_weights_that_it_would_have_had(run: RunDirectory) -> None:
    told = list(train(run, Control()))
    assert isinstance(told[-1], events.Finished)
    weights = load(run.checkpoint("last")).model
    expected = load_file(EARLIER / "expected" / f"{run.name}.safetensors")
    assert weights.keys() == expected.keys()
    for name, tensor in expected.items():
        if torch.backends.cpu.get_cpu_capability() == "AVX512":
            assert torch.equal(weights[name], tensor), name
        else:
            torch.testing.assert_close(weights[name], tensor, rtol=1e-3, atol=1e-4)


@pytest.mark.usefixtures("presets")
@pytest.mark.parametrize("name", SETTINGS["presets"])
def test_an_earlier_preset_means_what_it_meant(name: str) -> None:
    assert effective(flat(preset(name))) == effective(expected(SETTINGS["presets"][name]))


@pytest.mark.usefixtures("presets")
@pytest.mark.parametrize(("name", "trial"), TRIALS)
def test_an_earlier_experiment_means_what_it_meant(name: str, trial: str) -> None:
    file = EARLIER / "experiments" / f"{name}.toml"
    trials = {one.name: one for one in read_experiment(str(file) if file.exists() else name).trials}
    assert trials.keys() == SETTINGS["experiments"][name].keys()
    wanted = expected(SETTINGS["experiments"][name][trial])
    assert effective(flat(trials[trial].config)) == effective(wanted)


def expected(differences: Mapping[str, Any]) -> dict[str, Any]:
    return SETTINGS["defaults"] | differences


def flat(config: Config) -> dict[str, Any]:
    """The settings by their names of version 0.1.0."""
    return earlier.flat(config)


def effective(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without those that did nothing beside the others."""
    idle = set()
    if not settings["model.memory_size"] or settings["model.variant"] == "vae":
        idle |= {key for key in settings if key.startswith(("model.memory", "prior."))}
        idle |= {"objective.beta_final", "objective.fall_ratio"}
    if settings["model.variant"] == "vae":
        idle.add("model.condition_size")
    if not settings["objective.fall_ratio"]:
        idle.add("objective.beta_final")
    if settings["objective.annealing"] == "constant":
        names = ("shape", "beta_start", "cycles", "rise_ratio", "zero_ratio")
        idle |= {f"objective.{name}" for name in names}
    if settings["objective.annealing"] == "monotonic":
        idle.add("objective.cycles")
    if settings["teacher_forcing.mode"] != "parallel":
        idle.add("teacher_forcing.passes")
    if settings["teacher_forcing.start"] == settings["teacher_forcing.end"] == 1:
        idle |= {"teacher_forcing.mode", "teacher_forcing.passes"}
    used = {
        "step": {"step_epochs", "gamma"},
        "onecycle": {"warmup_ratio", "final_ratio"},
        "cosine": {"final_ratio"},
        "constant": set(),
    }[settings["optimizer.schedule"]]
    names = {"step_epochs", "gamma", "warmup_ratio", "final_ratio"} - used
    idle |= {f"optimizer.{name}" for name in names}
    if settings["optimizer.name"] != "sgd":
        idle.add("optimizer.momentum")
    if settings["optimizer.on_nonfinite"] != "skip":
        idle.add("optimizer.skip_at_most")
    return {key: value for key, value in settings.items() if key not in idle}
