"""One training of one run directory: events into the journal, snapshots into checkpoints.

The trainer does not use the disk, and the run directory does not train; they meet here.
"""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import msgspec
import torch

from core.alarms.watch import Watch
from core.compute.hardware import Hardware, find_device, is_out_of_memory
from core.config.build import to_toml
from core.config.schema import Chosen, Config, DataConfig
from core.corpus.formats import find_corpus, read_pairs
from core.corpus.paradigms import Corpus, Pair
from core.corpus.vocabulary import Vocabulary
from core.errors import InputError, TrainingError
from core.files import path_of, replacing
from core.model.cvae import CondVAE
from core.model.prior import fit_codebook
from core.runs import checkpoint
from core.runs.commands import listening
from core.runs.directory import RunDirectory, create_run, free_name
from core.runs.environment import read_environment, write_environment
from core.runs.history import History
from core.runs.journal import JournalWriter, read_tail, read_whole
from core.runs.ownership import owning
from core.runs.recorder import Recorder
from core.scores.evaluation import sample_pairs
from core.training import events
from core.training.control import Control
from core.training.snapshot import Snapshot
from core.training.trainer import Trainer, choose_hardware
from data import corpora

log = logging.getLogger(__name__)

START = "start"
"""The checkpoint that keeps the weights of `training.start_from` with the run."""


def prepare(config: Config, runs: Path, name: str = "", label: str = "") -> RunDirectory:
    """Create a run for a configuration.

    name: of the run; when empty, the corpus and `label` with the next free number.

    Raises InputError for a corpus, pairs or a name that cannot be used; nothing is left behind.
    """
    config, corpus, pairs, start = _checked(config)
    stem = "-".join(part for part in (corpus.name, label) if part)

    def keep_start(directory: RunDirectory) -> None:
        if start:
            checkpoint.save(directory.checkpoint(START), start, resumable=False)

    return create_run(runs, name or free_name(runs, stem), config, corpus, pairs, keep_start)


def train(directory: RunDirectory, control: Control) -> Iterator[events.Event]:
    """Train a run from its checkpoint `last`, or from the start where nothing was saved yet.

    Yields each event once it is in the journal.

    Raises InputError when the run or its checkpoint cannot be used, OwnedElsewhereError when
    another process writes it, TrainingError when disk or memory do not let it begin.
    """
    try:
        yield from _train(directory, control)
    except OSError as error:
        raise TrainingError(
            f"cannot train in {directory.path}: {error.strerror or error}; once that is mended, "
            f"--resume {directory.name} goes on"
        ) from error
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise TrainingError(
            f"there is not enough memory to begin with the run {directory.name!r}; try smaller "
            "sizes in the section model, or free some"
        ) from error


def _train(directory: RunDirectory, control: Control) -> Iterator[events.Event]:
    directory.refuse_links()
    with owning(directory), _library_output(directory.log_file), listening(directory, control):
        directory.sweep()
        config, corpus = directory.config(), directory.corpus()
        pairs, vocabulary = directory.pairs(corpus), directory.vocabulary()
        start = check_resumable(directory)
        hardware = _hardware(directory, config, corpus, vocabulary, control)
        trainer = Trainer(config, corpus, vocabulary, pairs, control, hardware)
        if start:
            trainer.restore(start)
        elif config.training.start_from:
            trainer.start_from(checkpoint.load(directory.checkpoint(START)).model)
        watch = Watch(config, read_whole(directory.journal_file))
        with JournalWriter(directory.journal_file) as journal:
            recorder = Recorder(directory, journal, config.checkpoints.keep, watch.history)
            for event in trainer.run():
                for outcome in recorder.record(event, trainer.snapshot):
                    for told in (outcome, *watch.update(outcome)):
                        recorder.write(told)
                        if isinstance(told, events.Detached):
                            log.warning("the training continues without a terminal")
                        yield told


def checked(config: Config) -> Config:
    """Check and complete the configuration of a new run. Raises InputError as `prepare` does."""
    return _checked(config)[0]


def _checked(config: Config) -> tuple[Config, Corpus, tuple[Pair, ...], Snapshot | None]:
    corpus = find_corpus(config.data.corpus)
    pairs = read_pairs(path_of(config.data.pairs), corpus) if config.data.pairs else ()
    config = msgspec.structs.replace(config, data=_located(config.data))
    sample_pairs(corpus, config.evaluation, pairs)
    config = fit_codebook(_repeating(config), corpus.split("train"))
    find_device(config.hardware.device)
    return config, corpus, pairs, _starting_weights(config, corpus)


def _repeating(config: Config) -> Config:
    """Take over what an earlier run chose, where its device is here too."""
    try:
        find_device(config.chosen.device if config.chosen else "auto")
    except InputError:
        config = msgspec.structs.replace(config, chosen=None)
    return config.with_chosen()


def _starting_weights(config: Config, corpus: Corpus) -> Snapshot | None:
    """Load the weights that a training starts from, if any.

    Raises InputError when they are not there, or belong to another model, alphabet or tenses.
    """
    if not config.training.start_from:
        return None
    file = path_of(config.training.start_from)
    start, vocabulary = checkpoint.load(file), Vocabulary.of(corpus)
    if RunDirectory(file.parent.parent).vocabulary() != vocabulary:
        raise InputError(
            f"training.start_from: {file} was trained on another alphabet or other tenses than "
            f"those of the corpus {corpus.name}"
        )
    shapes = {name: weights.shape for name, weights in start.model.items()}
    with torch.device("meta"):
        model = CondVAE(config.model, config.prior, vocabulary)
    wanted = {name: weights.shape for name, weights in model.state_dict().items()}
    for name in sorted(shapes.keys() | wanted.keys()):
        if shapes.get(name) != wanted.get(name):
            raise InputError(
                f"training.start_from: {file} is of a model of another shape ({name} is "
                f"{_shape(shapes.get(name))}, not {_shape(wanted.get(name))}); the settings of "
                "the section model must be those of its run"
            )
    return start


def _shape(shape: torch.Size | None) -> str:
    return "missing" if shape is None else "x".join(map(str, shape)) or "one number"


def _located(data: DataConfig) -> DataConfig:
    """Make the paths of the files hold in any directory."""

    def located(file: str) -> str:
        return str(path_of(file).resolve()) if file else ""

    corpus = data.corpus if data.corpus in corpora() else located(data.corpus)
    return DataConfig(corpus=corpus, pairs=located(data.pairs))


def check_resumable(directory: RunDirectory) -> Snapshot | None:
    """Load the snapshot from which a run goes on; None when it has yet to begin.

    Raises InputError when the run has ended, or what it needs to go on is missing.
    """
    history = History()
    history.add(read_tail(directory.journal_file))
    if history.state == "finished":
        raise InputError(
            f"the run {directory.name!r} has finished all its epochs; start a new run instead"
        )
    names = directory.checkpoint_names()
    if "last" in names:
        snapshot = checkpoint.load(directory.checkpoint("last"))
        if snapshot.training:
            return snapshot
    if "last" in names or "last" in history.saved:
        raise InputError(
            f"the run {directory.name!r} has no checkpoint with the state of its optimiser, which "
            "is needed to go on; start a new run instead"
        )
    return None


def _hardware(
    directory: RunDirectory,
    config: Config,
    corpus: Corpus,
    vocabulary: Vocabulary,
    control: Control,
) -> Hardware:
    """Return the hardware with which the run began if it is still there, else the measured one."""
    before = _chosen_before(directory, config)
    if before and find_device(config.hardware.device) == before.device:
        if read_environment(directory) is None:
            write_environment(directory, before)
        return before
    hardware = choose_hardware(config, corpus, vocabulary, control)
    if control.stopping:
        return hardware  # from half a measurement; a resumed run measures anew
    write_environment(directory, hardware)
    chosen = Chosen(**msgspec.structs.asdict(hardware))
    with replacing(directory.config_file) as file:
        file.write_text(to_toml(msgspec.structs.replace(config, chosen=chosen)), encoding="utf-8")
    return hardware


def _chosen_before(directory: RunDirectory, config: Config) -> Hardware | None:
    """Read the hardware that the run wrote down, in version 0.1.0 to environment.json alone."""
    with contextlib.suppress(msgspec.ValidationError):
        if config.chosen:
            return msgspec.convert(msgspec.to_builtins(config.chosen), Hardware)
    environment = read_environment(directory)
    return environment.hardware if environment else None


class _LogFile(logging.FileHandler):
    """The log of a run. A disk that refuses it does not interrupt the training."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Do nothing: what is logged is worth less than the training."""

    def close(self) -> None:
        """Close the file, whether or not the disk takes what is left."""
        with contextlib.suppress(OSError):
            super().close()


@contextlib.contextmanager
def _library_output(log_file: Path) -> Iterator[None]:
    """Send what libraries log and warn into the log of the run."""
    handler = _LogFile(log_file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)
        handler.close()
