"""What a run is in an experiment, told by a file in its directory."""

from collections.abc import Iterable

import msgspec

from core.catalogue.labels import Labels, read_labels, write_labels
from core.experiments.design import Trial
from core.files import read_plain, replacing
from core.runs.directory import RunDirectory


class Membership(msgspec.Struct, frozen=True):
    """Which trial of which experiment a run is."""

    experiment: str
    variant: str
    seed: int


def read_membership(directory: RunDirectory) -> Membership | None:
    """The trial that a run is; None where it is none or the file is damaged."""
    try:
        return msgspec.json.decode(read_plain(directory.experiment_file), type=Membership)
    except (OSError, ValueError, RecursionError):
        return None


def enrol(directory: RunDirectory, trial: Trial) -> None:
    """Say in a run's directory which trial it is, and tag it with its experiment, once.

    Raises InputError when that cannot be written.
    """
    if read_membership(directory) is not None:
        return
    labels = read_labels(directory)
    tags = tuple(sorted({*labels.tags, trial.experiment}))
    write_labels(directory, Labels(tags, labels.note))
    membership = Membership(trial.experiment, trial.variant, trial.seed)
    with replacing(directory.experiment_file) as file:
        file.write_bytes(msgspec.json.encode(membership) + b"\n")


def by_variant(runs: Iterable[RunDirectory]) -> dict[str, dict[str, list[RunDirectory]]]:
    """The runs that are trials, in the order of their seeds, by experiment and variant."""
    found = [(told, run) for run in runs if (told := read_membership(run))]
    experiments: dict[str, dict[str, list[RunDirectory]]] = {}
    for told, run in sorted(found, key=lambda pair: (pair[0].variant, pair[0].seed, pair[1].name)):
        experiments.setdefault(told.experiment, {}).setdefault(told.variant, []).append(run)
    return experiments
