"""A cache of models and corpora, valid until their file is replaced."""

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.corpus.paradigms import Corpus
from core.runs.directory import RunDirectory

if TYPE_CHECKING:
    from core.model.inference import Inference

T = TypeVar("T")
Version = tuple[Path, int]
"""File and time of its last change, in ns."""
KEPT = 4


class Models:
    """The models and corpora that screens use. Call it from a worker thread."""

    def __init__(self) -> None:
        self._loaded: dict[Version, Inference] = {}
        self._corpora: dict[Version, Corpus] = {}
        self._lock = threading.Lock()

    def load(self, directory: RunDirectory, checkpoint: str) -> "Inference":
        """Return the model of a checkpoint. Raises InputError when it cannot be used."""
        # The import of torch takes seconds, which must not delay the first paint.
        from core.runs.checkpoint import load_inference

        def load() -> "Inference":
            model = load_inference(directory, checkpoint)
            # A search of all objects of torch delays keys.
            gc.freeze()
            return model

        return self._kept(self._loaded, directory.checkpoint(checkpoint), load)

    def corpus(self, directory: RunDirectory) -> Corpus:
        """Return the corpus of a run. Raises InputError when it cannot be read."""
        return self._kept(self._corpora, directory.corpus_file, directory.corpus)

    def _kept(self, kept: dict[Version, T], file: Path, read: Callable[[], T]) -> T:
        """Return what `read` made of a file; call it once for each version of the file."""
        version = file, file.stat().st_mtime_ns if file.exists() else 0
        with self._lock:
            if version not in kept:
                while len(kept) >= KEPT:
                    kept.pop(next(iter(kept)))
                kept[version] = read()
            return kept[version]
