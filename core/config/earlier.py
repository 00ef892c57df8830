"""Settings of version 0.1.0, by the names that they had then.

Its sections were flat: a setting that belonged to a choice stood beside it, and 0 switched things
off. `flat` gives a configuration in these terms, `renamed` translates it back.
"""

import functools
import tomllib
from collections.abc import Collection, Mapping
from importlib import resources
from typing import Any

from core.config.fields import field, value
from core.config.schema import Config

MEMORY, MODE = "model.memory_size", "teacher_forcing.mode"
RENAMED = {
    MEMORY: "prior.size",
    "model.memory_slots": "prior.slots",
    "model.memory_sharpness": "prior.sharpness",
    "objective.annealing": "objective.annealing.kind",
    "objective.shape": "objective.annealing.shape",
    "objective.beta_start": "objective.annealing.beta_start",
    "objective.beta_max": "objective.annealing.beta_max",
    "objective.cycles": "objective.annealing.cycles",
    "objective.rise_ratio": "objective.annealing.rise_ratio",
    "objective.zero_ratio": "objective.annealing.zero_ratio",
    "objective.beta_final": "prior.beta_final",
    "objective.fall_ratio": "prior.fall_ratio",
    "objective.blank_probability": "objective.word_dropout",
    "prior.ratio": "prior.draws",
    MODE: "teacher_forcing.kind",
    "optimizer.name": "optimizer.kind",
    "optimizer.on_nonfinite": "optimizer.on_nonfinite.kind",
    "optimizer.skip_at_most": "optimizer.on_nonfinite.at_most",
    "optimizer.schedule": "optimizer.schedule.kind",
    "optimizer.step_epochs": "optimizer.schedule.step_epochs",
    "optimizer.gamma": "optimizer.schedule.gamma",
    "optimizer.warmup_ratio": "optimizer.schedule.warmup_ratio",
    "optimizer.final_ratio": "optimizer.schedule.final_ratio",
    "training.hallucinated": "training.invented",
}
"""Names that changed since."""


@functools.cache
def defaults() -> Mapping[str, Any]:
    """Read the defaults of version 0.1.0, which its presets and files leave out."""
    text = (resources.files("core.config") / "earlier.toml").read_text(encoding="utf-8")
    return {
        f"{section}.{name}": found
        for section, table in tomllib.loads(text).items()
        for name, found in table.items()
    }


def flat(config: Config) -> dict[str, Any]:
    """Name the settings as version 0.1.0 did; its defaults stand for those that do not apply."""
    found = {}
    for key, default in defaults().items():
        now = value(config, field(RENAMED.get(key, key)))
        found[key] = default if now is None else now
    if config.prior.kind == "standard":
        found[MEMORY] = 0
    if config.teacher_forcing.kind == "always":
        found[MODE] = "sequence"
    return found


def renamed(settings: Mapping[str, Any], base: Config | None) -> dict[str, Any]:
    """Put the settings of version 0.1.0 over those of `base`, by their present names.

    Raises InputError for one that is not accepted.
    """
    for key, given in settings.items():
        check(key, given)
    all_ = {**(flat(base) if base else defaults()), **settings}
    remembers = all_[MEMORY] and all_["model.variant"] == "cvae"
    ratios = {all_["teacher_forcing.start"], all_["teacher_forcing.end"]}
    kinds = {
        "objective.annealing.kind": all_["objective.annealing"],
        "prior.kind": "codebook" if remembers else "standard",
        "teacher_forcing.kind": all_[MODE],
        "optimizer.kind": all_["optimizer.name"],
        "optimizer.on_nonfinite.kind": all_["optimizer.on_nonfinite"],
        "optimizer.schedule.kind": all_["optimizer.schedule"],
    }
    if all_[MODE] == "sequence" and ratios == {1}:
        kinds["teacher_forcing.kind"] = "always"
    found = {RENAMED.get(key, key): given for key, given in all_.items()} | kinds
    return {
        key: given
        for key, given in found.items()
        if not (choice := field(key).choice) or kinds[choice] in field(key).kinds
    }


def is_old(keys: Collection[str]) -> bool:
    """Return True if version 0.1.0 has all of the keys, and some by names of its own."""
    return bool(RENAMED.keys() & keys) and defaults().keys() >= set(keys)


def check(key: str, given: object) -> Any:
    """Return the same value when the setting of version 0.1.0 accepts it; InputError otherwise."""
    if key == MEMORY and given == 0 and not isinstance(given, bool):
        return 0
    return field(RENAMED.get(key, key)).check(given)


def parse(key: str, text: str) -> Any:
    """Read the value of a setting of version 0.1.0 from a text; InputError as `check` does."""
    return 0 if key == MEMORY and text.strip() == "0" else field(RENAMED[key]).parse(text)
