"""The run directory: what lies where, and how files in it are replaced.

runs/<name>/
  config.toml        everything needed to repeat the run
  vocabulary.json    alphabet and conditions
  corpus.tsv         the paradigms it was trained on
  pairs.tsv          the pairs whose BLEU-4 it reports, where there are any
  journal.jsonl      what happened, one event a line
  summary.json       state, best scores and active alarms, for lists of runs
  checkpoints/       last, best, and the kept history
  log.txt            what libraries print
  environment.json   versions, device, threads, precision
  labels.json        tags and a note, where someone gave it any
  experiment.json    which trial of which experiment it is, where it is one
  owner.lock         locked by the process that writes here
  inbox/             what other processes ask of it, while it is there
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


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """One run on the disk. Reading needs no lock."""

    path: Path

    @property
    def name(self) -> str:
        """Name of the run, which is that of its directory."""
        return self.path.name

    @property
    def config_file(self) -> Path:
        """The configuration, all defaults written out."""
        return self.path / "config.toml"

    @property
    def vocabulary_file(self) -> Path:
        """Alphabet and conditions."""
        return self.path / "vocabulary.json"

    @property
    def corpus_file(self) -> Path:
        """The paradigms of all splits."""
        return self.path / "corpus.tsv"

    @property
    def pairs_file(self) -> Path:
        """The pairs to report; there need not be any."""
        return self.path / "pairs.tsv"

    @property
    def journal_file(self) -> Path:
        """What happened."""
        return self.path / "journal.jsonl"

    @property
    def summary_file(self) -> Path:
        """State, best scores and active alarms."""
        return self.path / "summary.json"

    @property
    def log_file(self) -> Path:
        """What libraries print."""
        return self.path / "log.txt"

    @property
    def environment_file(self) -> Path:
        """Versions, device, threads, precision."""
        return self.path / "environment.json"

    @property
    def labels_file(self) -> Path:
        """Tags and a note; there need not be any."""
        return self.path / "labels.json"

    @property
    def experiment_file(self) -> Path:
        """Which trial of which experiment it is; there need not be any."""
        return self.path / "experiment.json"

    @property
    def lock_file(self) -> Path:
        """Locked by the process that owns the run."""
        return self.path / "owner.lock"

    @property
    def inbox(self) -> Path:
        """Folder of what other processes ask of the owner."""
        return self.path / "inbox"

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoints"

    def checkpoint(self, name: str) -> Path:
        """File of a checkpoint: last, best, or step-N."""
        return self.checkpoints / f"{name}.safetensors"

    def checkpoint_names(self) -> list[str]:
        """The checkpoints there are: best and last first, then the history from new to old."""
        names = [path.stem for path in self.checkpoints.glob("*.safetensors")]
        history = sorted((n for n in names if n not in ("best", "last")), reverse=True)
        return [name for name in ("best", "last") if name in names] + history

    def refuse_links(self) -> None:
        """Raise InputError where a link leads out of the run: what is read or written through it
        would be somebody else's.
        """
        for path in (*self.path.glob("*"), *self.checkpoints.glob("*")):
            if path.is_symlink():
                raise InputError(f"{path} is a link, which a run must not hold; put the file there")

    def sweep(self) -> None:
        """Remove the temporary files of processes that died while they replaced a file.

        For the owner alone, and of what only an owner writes: the labels are anyone's.
        """
        for path in (
            *self.path.glob(f".{self.environment_file.name}.*"),
            *self.path.glob(f".{self.summary_file.name}.*"),
            *self.checkpoints.glob(".*"),
        ):
            if TEMPORARY.fullmatch(path.name) and path.is_file() and not path.is_symlink():
                path.unlink(missing_ok=True)

    def config(self) -> Config:
        """The configuration. Raises InputError when it cannot be read."""
        return read_config(self.config_file)

    def vocabulary(self) -> Vocabulary:
        """The vocabulary. Raises InputError when it cannot be read."""
        return Vocabulary.read(self.vocabulary_file)

    def corpus(self) -> Corpus:
        """The corpus. Raises InputError when it cannot be read."""
        return read_corpus(self.corpus_file, Path(self.config().data.corpus).stem)

    def pairs(self, corpus: Corpus) -> tuple[Pair, ...]:
        """The pairs to report; none where none were given."""
        return read_pairs(self.pairs_file, corpus) if self.pairs_file.exists() else ()


def create_run(
    runs: Path,
    name: str,
    config: Config,
    corpus: Corpus,
    pairs: tuple[Pair, ...],
    start: Callable[[RunDirectory], object] = lambda _: None,
) -> RunDirectory:
    """A new run directory with all that is known before training.

    start: writes what else the run begins with.

    Raises InputError when the name cannot be used, there is such a run already or the disk refuses;
    nothing is left behind.
    """
    check_name(name)
    directory, first = RunDirectory(runs / name), not runs.exists()
    try:
        directory.path.mkdir(parents=True)
    except FileExistsError:
        raise InputError(
            f"there is a run {name!r} in {runs} already; choose another name, or go on with it "
            f"by --resume {name}"
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
        # Last, because a directory counts as a run from here on.
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
    """The run of a name under the runs directory, or at a path.

    Raises InputError when there is none. A name must not be that of a link, which a path may be.
    """
    named = runs / name if NAME.fullmatch(name) and not (runs / name).is_symlink() else None
    for path in (named, path_of(name)):
        with contextlib.suppress(OSError):
            if path is not None and (path / "config.toml").is_file():
                directory = RunDirectory(path)
                directory.refuse_links()
                return directory
    raise InputError(f"there is no run {name!r} in {runs}; `cvae-tui runs` lists those there are")


def free_name(runs: Path, stem: str) -> str:
    """The first name `stem-N` that no run has."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip(".-_")[:80] or "run"
    number = 1
    while (runs / f"{stem}-{number}").exists():
        number += 1
    return f"{stem}-{number}"


def check_name(name: str) -> None:
    """Raise InputError unless the name can be that of a run."""
    if not NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot be the name of a run; accepted: 1 to 100 letters, digits, '.', '_' "
            "and '-', beginning with a letter or a digit"
        )
