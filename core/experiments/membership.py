"""Membership of a run in an experiment, kept in a file of its directory."""

from collections.abc import Iterable

import msgspec

from core.catalogue.labels import Labels, read_labels, write_labels
from core.errors import InputError
from core.experiments.design import Trial
from core.files import read_json, write_json
from core.runs.directory import RunDirectory


class Membership(msgspec.Struct, frozen=True):
    """Experiment, variant and seed of a run."""

    experiment: str
    variant: str
    seed: int


def read_membership(directory: RunDirectory) -> Membership | None:
    """Read the membership of a run. Return None without one, or when the file is damaged."""
    return read_json(directory.experiment_file, Membership)


def enrol(directory: RunDirectory, trial: Trial) -> None:
    """Write the membership of a run and tag it, once. Raise InputError when the disk refuses."""
    if read_membership(directory) is not None:
        return
    labels = read_labels(directory)
    tags = tuple(sorted({*labels.tags, trial.experiment}))
    write_labels(directory, Labels(tags, labels.note))
    membership = Membership(trial.experiment, trial.variant, trial.seed)
    try:
        write_json(directory.experiment_file, membership)
    except OSError as error:
        file = directory.experiment_file
        raise InputError(f"cannot write {file}: {error.strerror or error}") from None


def by_variant(runs: Iterable[RunDirectory]) -> dict[str, dict[str, list[RunDirectory]]]:
    """Group the runs that are trials by experiment and variant, ordered by seed."""
    found = [(member, run) for run in runs if (member := read_membership(run))]
    experiments: dict[str, dict[str, list[RunDirectory]]] = {}
    for member, run in sorted(found, key=lambda one: (one[0].variant, one[0].seed, one[1].name)):
        experiments.setdefault(member.experiment, {}).setdefault(member.variant, []).append(run)
    return experiments
