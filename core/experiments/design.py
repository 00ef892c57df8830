"""The variants and trials of an experiment, read from its file.

description = "Monotonic against cyclical annealing of beta."
base = "default"                    # a preset, or a configuration file beside this one
seeds = [0, 1, 2]

[set]                               # what all trials have over the base
training.epochs = 40

[vary]                              # each value with each of the other settings'
objective.annealing.beta_max = [1e-4, 0.1]

[variants.cyclical]                 # and named variants, each with its settings
objective.annealing.kind = "cyclical"
"""

import functools
import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from core.catalogue.labels import TAG
from core.config import earlier
from core.config.build import build, leaves, read_config, read_toml, with_settings, with_values
from core.config.fields import field, shown
from core.config.presets import preset, preset_names
from core.config.schema import Config
from core.errors import InputError
from core.runs.directory import check_name

Stopping = Literal["none", "median", "asha"]
"""Rule by which trials that do badly end early."""
Settings = Mapping[str, Any]
"""Values by `section.key`."""

SHIPPED = Path(__file__).with_name("shipped")
MEASURED = {"device": ("auto", "cpu"), "threads": (0, 1), "precision": ("auto", "float32")}
"""Settings of the hardware that a run may leave open and a trial may not, because a measurement may
differ between machines: the open value, and the one that takes its place."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of an experiment."""

    experiment: str
    variant: str
    seed: int
    config: Config

    @property
    def name(self) -> str:
        """Name of its run."""
        return f"{self.experiment}-{self.variant}-s{self.seed}"


@dataclass(frozen=True, slots=True)
class Experiment:
    """Variants of one configuration, each with the same seeds."""

    name: str
    description: str
    variants: Mapping[str, Config]
    seeds: tuple[int, ...]
    stopping: Stopping

    @property
    def trials(self) -> tuple[Trial, ...]:
        """The trials, all variants of a seed before the next seed."""
        return tuple(
            Trial(self.name, variant, seed, build({"training": {"seed": seed}}, base=config))
            for seed in self.seeds
            for variant, config in self.variants.items()
        )


class _File(msgspec.Struct, forbid_unknown_fields=True):
    seeds: list[int]
    description: str = ""
    base: str = "default"
    stopping: Stopping = "none"
    set: dict[str, Any] = {}
    vary: dict[str, Any] = {}
    variants: dict[str, dict[str, Any]] = {}


@functools.cache
def shipped_names() -> tuple[str, ...]:
    """Names of the experiments that ship."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def read_experiment(given: str, settings: Sequence[str] = (), name: str = "") -> Experiment:
    """Read an experiment from a file, or by its name among those that ship.

    settings: `section.key=value` over the base, as `--set` gives them.
    name: of the experiment; when empty, the file's without its ending.

    Raise InputError when the file is unusable, or the experiment varies one of the settings.
    """
    path = SHIPPED / f"{given}.toml" if given in shipped_names() else Path(given)
    if not path.is_file():
        raise InputError(
            f"there is no experiment {given!r}; accepted: a file, or {', '.join(shipped_names())}"
        )
    file, where = _read(path), str(path)
    tables = (file.set, file.vary, *file.variants.values())
    old = earlier.is_old({key for table in tables for key, _ in leaves(table)})
    fixed = _flat(file.set, f"{where}: set")
    varied = {key: _values(key, values, where) for key, values in leaves(file.vary)}
    named = {
        variant: _flat(table, f"{where}: variants.{variant}")
        for variant, table in file.variants.items()
    }
    _refuse_varied(settings, {*varied, *itertools.chain(*named.values())})
    base = with_values(_base(file.base, path), fixed, where, old=old)
    base = with_settings(base, settings)
    variants = []
    for variant, more in _combined(named, varied):
        config = with_values(base, more, f"{where}: {variant}", old=old)
        variants.append((variant, _repeatable(config, where)))
    title, seeds = name or path.stem, _seeds(file.seeds, where)
    experiment = Experiment(title, file.description, dict(variants), seeds, file.stopping)
    _check_names(experiment, [variant for variant, _ in variants], where)
    return experiment


def _read(path: Path) -> _File:
    try:
        file = msgspec.convert(read_toml(path), _File)
        for table in (file.set, file.vary, file.variants):
            list(leaves(table))
        return file
    except RecursionError:
        raise InputError(f"{path}: its tables are nested too deeply") from None
    except msgspec.ValidationError as error:
        accepted = ", ".join(_File.__struct_fields__)
        raise InputError(f"{path}: {error}; an experiment has {accepted}") from None


def _base(name: str, path: Path) -> Config:
    if name in preset_names():
        return preset(name)
    file = path.parent / name
    if not file.is_file():
        raise InputError(
            f"{path}: base {shown(name)} is neither a preset ({', '.join(preset_names())}) nor a "
            "configuration file beside it"
        )
    return read_config(file)


def _flat(table: Mapping[str, Any], where: str) -> Settings:
    return {key: _check(key, value, where) for key, value in leaves(table)}


def _values(key: str, values: object, where: str) -> list[Any]:
    if not isinstance(values, list) or not values:
        raise InputError(f"{where}: vary: {key} takes a list of values, not {shown(values)}")
    return [_check(key, value, f"{where}: vary") for value in values]


def _check(key: str, value: object, where: str) -> Any:
    if key == "training.seed":
        raise InputError(f"{where}: `seeds` sets training.seed; leave training.seed out")
    try:
        return earlier.check(key, value) if key in earlier.RENAMED else field(key).check(value)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _refuse_varied(settings: Sequence[str], varied: Collection[str]) -> None:
    names = {earlier.RENAMED.get(key, key) for key in varied}
    for setting in settings:
        key = setting.partition("=")[0].strip()
        if earlier.RENAMED.get(key, key) in names:
            raise InputError(
                f"--set {shown(setting)}: the experiment varies {key}; change its file"
            )
        if key == "training.seed":
            raise InputError("--set training.seed: the experiment's file sets the seeds")


def _combined(
    named: Mapping[str, Settings], varied: Mapping[str, list[Any]]
) -> Iterator[tuple[str, Settings]]:
    """Yield the parts of each variant's name, and its settings."""
    choices: list[list[tuple[str, Settings]]] = [list(named.items())] if named else []
    for key, values in varied.items():
        name, spell = key.rpartition(".")[2], field(earlier.RENAMED.get(key, key)).spell
        choices.append([(f"{name}-{spell(value)}", {key: value}) for value in values])
    for chosen in itertools.product(*choices):
        name = "-".join(re.sub(r"[^A-Za-z0-9._-]+", "-", part) for part, _ in chosen)
        settings = {key: value for _, more in chosen for key, value in more.items()}
        yield name or "base", settings


def _repeatable(config: Config, where: str) -> Config:
    """Return the same with nothing left to a measurement."""
    if config.training.batch_size == 0:
        raise InputError(
            f"{where}: training.batch_size 0 is chosen by a measurement, which may differ between "
            "trials; a number of words is needed"
        )
    hardware = {
        name: fixed
        for name, (undecided, fixed) in MEASURED.items()
        if getattr(config.hardware, name) == undecided
    }
    return build({"hardware": hardware}, base=config)


def _seeds(seeds: Sequence[int], where: str) -> tuple[int, ...]:
    if not seeds:
        raise InputError(f"{where}: seeds is empty; a list such as [0, 1, 2] is needed")
    try:
        for seed in seeds:
            field("training.seed").check(seed)
    except InputError as error:
        raise InputError(f"{where}: seeds: {error}") from None
    return tuple(dict.fromkeys(seeds))


def _check_names(experiment: Experiment, variants: Sequence[str], where: str) -> None:
    if not TAG.fullmatch(experiment.name):
        raise InputError(
            f"{shown(experiment.name)} cannot be the name of an experiment; accepted: 1 to 32 "
            "letters, digits, '.', '_' and '-'; --name gives another"
        )
    for variant, count in Counter(variants).items():
        if count > 1:
            raise InputError(f"{where}: {count} variants would be called {variant!r}")
    for trial in experiment.trials:
        check_name(trial.name)
