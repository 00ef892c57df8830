"""A cache of models and corpora, valid until their file is replaced."""

import gc
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.corpus.paradigms import Corpus
from core.runs.directory import RunDirectory

if TYPE_CHECKING:
    from core.model.inference import Inference

T = TypeVar("T")
KEPT = 4


class Models:
    """The models and corpora that screens use. Call it from a worker thread."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[str, int], Inference] = {}
        self._corpora: dict[tuple[str, int], Corpus] = {}
        self._lock = threading.Lock()

    def load(self, directory: RunDirectory, checkpoint: str) -> "Inference":
        """Return the model of a checkpoint.

        Raises InputError when it cannot be used.
        """
        # The import of torch takes seconds, which must not delay the first paint.
        from core.runs.checkpoint import load_inference

        key = _key(directory.checkpoint(checkpoint))
        with self._lock:
            if key not in self._loaded:
                _evict(self._loaded)
                self._loaded[key] = load_inference(directory, checkpoint)
                # A search of all objects of torch delays keys.
                gc.freeze()
            return self._loaded[key]

    def corpus(self, directory: RunDirectory) -> Corpus:
        """Return the corpus of a run.

        Raises InputError when it cannot be read.
        """
        key = _key(directory.corpus_file)
        with self._lock:
            if key not in self._corpora:
                _evict(self._corpora)
                self._corpora[key] = directory.corpus()
            return self._corpora[key]


def _key(path: Path) -> tuple[str, int]:
    return str(path), path.stat().st_mtime_ns if path.exists() else 0


def _evict(kept: dict[tuple[str, int], T]) -> None:
    while len(kept) >= KEPT:
        kept.pop(next(iter(kept)))
