from collections.abc import Callable
from pathlib import Path

import pytest

from core.config.annealing import Cyclical
from core.config.presets import preset
from core.config.schema import Token
from core.errors import InputError
from core.experiments.design import read_experiment, shipped_names

Written = Callable[..., Path]


def test_each_variant_is_tried_with_each_seed(written: Written) -> None:
    experiment = read_experiment(str(written()))
    assert [trial.name for trial in experiment.trials] == [
        "weights-beta_max-0.0001-s0",
        "weights-beta_max-0.1-s0",
        "weights-beta_max-0.0001-s1",
        "weights-beta_max-0.1-s1",
    ]
    for trial in experiment.trials:
        assert trial.config.training.seed == trial.seed
        assert trial.variant == f"beta_max-{trial.config.objective.annealing.beta_max:g}"
        assert trial.config.model.hidden_size == 16


EARLIER = ("teacher_forcing.mode", "objective.annealing", "objective.cycles")
NOW = ("teacher_forcing.kind", "objective.annealing.kind", "objective.annealing.cycles")


@pytest.mark.parametrize("names", [EARLIER, NOW], ids=["earlier names", "names"])
def test_named_variants_and_varied_fields_are_combined(
    written: Written, names: tuple[str, str, str]
) -> None:
    forcing, annealing, cycles = names
    text = f"""
        seeds = [3]
        base = "lab4"
        [vary]
        "model.latent_size" = [4, 8]
        {forcing} = ["token"]
        [variants.cyclical]
        {annealing} = "cyclical"
        {cycles} = 2
        [variants.plain]
        """
    experiment = read_experiment(str(written(text)))
    last = forcing.rpartition(".")[2]
    assert list(experiment.variants) == [
        f"cyclical-latent_size-4-{last}-token",
        f"cyclical-latent_size-8-{last}-token",
        f"plain-latent_size-4-{last}-token",
        f"plain-latent_size-8-{last}-token",
    ]
    cyclical, *_, plain = experiment.variants.values()
    assert isinstance(cyclical.objective.annealing, Cyclical)
    assert cyclical.objective.annealing.cycles == 2
    assert (plain.objective, plain.model.latent_size) == (preset("lab4").objective, 8)
    assert plain.teacher_forcing == Token()


def test_a_varied_setting_of_an_alternative_that_is_not_chosen_is_refused(written: Written) -> None:
    text = "seeds = [0]\n[vary]\noptimizer.momentum = [0.1]\n[set]\nprior.kind = 'standard'"
    with pytest.raises(InputError, match=r"set optimizer\.kind=sgd as well"):
        read_experiment(str(written(text)))


def test_without_anything_that_varies_there_are_only_the_seeds(written: Written) -> None:
    assert list(read_experiment(str(written("seeds = [0, 5, 5]"))).variants) == ["base"]
    assert read_experiment(str(written("seeds = [0, 5, 5]"))).seeds == (0, 5)


def test_a_trial_leaves_nothing_to_a_measurement(written: Written) -> None:
    hardware = read_experiment(str(written())).trials[0].config.hardware
    assert (hardware.device, hardware.threads, hardware.precision) == ("cpu", 1, "float32")
    asked = ["hardware.threads=3", "hardware.precision=bfloat16"]
    hardware = read_experiment(str(written()), asked).trials[0].config.hardware
    assert (hardware.threads, hardware.precision) == (3, "bfloat16")


def test_the_base_may_be_a_file_beside_the_experiments(written: Written, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[model]\nlatent_size = 5\n")
    experiment = read_experiment(str(written("seeds = [0]\nbase = 'mine.toml'")), name="other")
    assert experiment.trials[0].config.model.latent_size == 5
    assert experiment.trials[0].name == "other-base-s0"


@pytest.mark.parametrize("name", shipped_names())
def test_what_ships_can_be_read(name: str) -> None:
    experiment = read_experiment(name, ["data.corpus=verbs-all"])
    assert experiment.name == name
    assert experiment.description and len(experiment.seeds) == 3
    assert len(experiment.variants) >= 2
    for trial in experiment.trials:
        assert trial.config.data.corpus == "verbs-all"
    assert len({repr(config) for config in experiment.variants.values()}) == len(
        experiment.variants
    )


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("seeds = [0", "is not valid TOML"),
        ("[vary]", "missing required field `seeds`; an experiment has seeds, description, base"),
        ("seeds = []", "seeds is empty"),
        ("seeds = [-1]", "seeds: training.seed: -1 is not accepted"),
        ("seeds = ['a']", "an experiment has seeds"),
        ("seeds = [0]\nfruit = 1", "unknown field `fruit`"),
        ("seeds = [0]\nstopping = 'soon'", "Invalid enum value 'soon'"),
        ("seeds = [0]\nbase = 'nowhere'", "neither a preset"),
        ("seeds = [0]\n[set]\nmodel.depth = 3", "set: 'model.depth' is not a setting"),
        ("seeds = [0]\n[set]\ndepth = 3", "'depth' is not a setting"),
        ("seeds = [0]\n[vary]\nmodel.latent_size = 3", "takes a list of values, not 3"),
        ("seeds = [0]\n[vary]\nmodel.latent_size = []", "takes a list of values, not []"),
        ("seeds = [0]\n[vary]\nmodel.latent_size = [4, 'x']", "vary: model.latent_size: 'x'"),
        ("seeds = [0]\n[vary]\ntraining.seed = [4]", "`seeds` sets training.seed"),
        ("seeds = [0]\n[variants.a]\nmodel.variant = 'vae'", "a: model.variant vae"),
        ("seeds = [0]\n[variants]\n'a b' = {}\n'a!b' = {}", "2 variants would be called 'a-b'"),
        ("seeds = [0]\n[set]\ntraining.batch_size = 0", "chosen by a measurement"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(
    written: Written, text: str, part: str
) -> None:
    with pytest.raises(InputError) as refused:
        read_experiment(str(written(text)))
    assert part in str(refused.value) and "weights.toml" in str(refused.value)


@pytest.mark.parametrize(
    "setting", ["objective.annealing.beta_max=1", " training.seed=3", "model.depth=1"]
)
def test_settings_that_the_experiment_varies_are_refused(written: Written, setting: str) -> None:
    with pytest.raises(InputError, match=r"--set|is not a setting"):
        read_experiment(str(written()), [setting])


def test_names_that_cannot_be_those_of_runs_are_refused(written: Written) -> None:
    with pytest.raises(InputError, match="cannot be the name of an experiment"):
        read_experiment(str(written()), name="a b")
    with pytest.raises(InputError, match="cannot be the name of a run"):
        read_experiment(str(written()), name="-a")
    with pytest.raises(InputError, match="there is no experiment 'none'; accepted: a file, or "):
        read_experiment("none")
