"""The run directory: its files, its creation and its name. docs/run-directory.md has the details.

runs/<name>/
  config.toml        all settings
  vocabulary.json    alphabet and conditions
  corpus.tsv         the paradigms it was trained on
  pairs.tsv          the pairs whose BLEU-4 it reports, if any
  journal.jsonl      the events of the training, one a line
  summary.json       state, best scores and active alarms, for lists of runs
  checkpoints/       last, best, and the kept history
  log.txt            output of libraries
  environment.json   versions, device, threads, precision
  labels.json        tags and a note, if any
  experiment.json    experiment, variant and seed of a trial
  owner.lock         locked by the process that trains
  inbox/             commands to that process, while it trains
"""

import contextlib
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.config.build import read_config, to_toml
from core.config.schema import Config
from core.corpus.formats import read_corpus, read_pairs, write_corpus, write_pairs
from core.corpus.paradigms import Corpus, Pair
from core.corpus.vocabulary import Vocabulary
from core.errors import InputError
from core.files import TEMPORARY, path_of, replacing

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class _Part:
    """Path of a file or folder in a run directory."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, directory: "RunDirectory", owner: type) -> Path:
        return directory.path / self._name


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """Files of one run. Reading needs no lock."""

    path: Path

    config_file = _Part("config.toml")
    vocabulary_file = _Part("vocabulary.json")
    corpus_file = _Part("corpus.tsv")
    pairs_file = _Part("pairs.tsv")
    journal_file = _Part("journal.jsonl")
    summary_file = _Part("summary.json")
    checkpoints = _Part("checkpoints")
    log_file = _Part("log.txt")
    environment_file = _Part("environment.json")
    labels_file = _Part("labels.json")
    experiment_file = _Part("experiment.json")
    lock_file = _Part("owner.lock")
    inbox = _Part("inbox")

    @property
    def name(self) -> str:
        """Name of the run and of its directory."""
        return self.path.name

    def checkpoint(self, name: str) -> Path:
        """Return the file of a checkpoint: last, best, or step-N."""
        return self.checkpoints / f"{name}.safetensors"

    def checkpoint_names(self) -> list[str]:
        """List the checkpoints: best and last first, then the history from new to old."""
        names = [path.stem for path in self.checkpoints.glob("*.safetensors")]
        history = sorted((n for n in names if n not in ("best", "last")), reverse=True)
        return [name for name in ("best", "last") if name in names] + history

    def refuse_links(self) -> None:
        """Raise InputError when the run holds a link, which may lead to files of another user."""
        for path in (*self.path.glob("*"), *self.checkpoints.glob("*")):
            if path.is_symlink():
                raise InputError(f"cannot use {path}: a run must not hold links; copy the file")

    def sweep(self) -> None:
        """Remove temporary files of processes that died while they replaced a file.

        Only the owner may call it. Labels are left out, since any process may write them.
        """
        files = (self.environment_file, self.summary_file, self.config_file)
        found = (path for file in files for path in self.path.glob(f".{file.name}.*"))
        for path in (*found, *self.checkpoints.glob(".*")):
            if TEMPORARY.fullmatch(path.name) and path.is_file() and not path.is_symlink():
                path.unlink(missing_ok=True)

    def config(self) -> Config:
        """Read the configuration. Raise InputError when that fails."""
        return read_config(self.config_file)

    def vocabulary(self) -> Vocabulary:
        """Read the vocabulary. Raise InputError when that fails."""
        return Vocabulary.read(self.vocabulary_file)

    def corpus(self) -> Corpus:
        """Read the corpus. Raise InputError when that fails."""
        return read_corpus(self.corpus_file, Path(self.config().data.corpus).stem)

    def pairs(self, corpus: Corpus) -> tuple[Pair, ...]:
        """Read the pairs to report, if there are any."""
        return read_pairs(self.pairs_file, corpus) if self.pairs_file.exists() else ()


def create_run(
    runs: Path,
    name: str,
    config: Config,
    corpus: Corpus,
    pairs: tuple[Pair, ...],
    start: Callable[[RunDirectory], object] = lambda _: None,
) -> RunDirectory:
    """Create a run directory with all files that exist before training.

    start: writes further files into the new directory.

    Raise InputError when the name is invalid or taken, or the disk refuses. Then nothing stays.
    """
    check_name(name)
    directory, first = RunDirectory(runs / name), not runs.exists()
    try:
        directory.path.mkdir(parents=True)
    except FileExistsError:
        raise InputError(
            f"there is a run {name!r} in {runs} already; choose another name, or continue it with "
            f"--resume {name}"
        ) from None
    except OSError as error:
        raise InputError(f"cannot write to {runs}: {error.strerror}") from None
    try:
        directory.checkpoints.mkdir()
        write_corpus(corpus, directory.corpus_file)
        if pairs:
            write_pairs(pairs, corpus.conditions, directory.pairs_file)
        Vocabulary.of(corpus).write(directory.vocabulary_file)
        start(directory)
        # Last: a directory with this file is a run.
        with replacing(directory.config_file) as file:
            file.write_text(to_toml(config), encoding="utf-8")
    except BaseException as error:
        shutil.rmtree(directory.path, ignore_errors=True)
        if first:
            with contextlib.suppress(OSError):
                runs.rmdir()
        if isinstance(error, OSError):
            raise InputError(f"cannot write to {runs}: {error.strerror or error}") from None
        raise
    return directory


def open_run(runs: Path, name: str) -> RunDirectory:
    """Find a run by its name under the runs directory, or by its path.

    Raise InputError when there is none. A path may be a link, a name may not.
    """
    named = runs / name if NAME.fullmatch(name) and not (runs / name).is_symlink() else None
    for path in (named, path_of(name)):
        with contextlib.suppress(OSError):
            if path is not None and (path / "config.toml").is_file():
                directory = RunDirectory(path)
                directory.refuse_links()
                return directory
    raise InputError(f"there is no run {name!r} in {runs}; `cvae-tui runs` lists all runs")


def free_name(runs: Path, stem: str) -> str:
    """Return the first free name `stem-N`."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip(".-_")[:80] or "run"
    number = 1
    while (runs / f"{stem}-{number}").exists():
        number += 1
    return f"{stem}-{number}"


def check_name(name: str) -> None:
    """Raise InputError for a name that a run cannot have."""
    if not NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot be the name of a run; accepted: 1 to 100 letters, digits, '.', '_' "
            "and '-', beginning with a letter or a digit"
        )
