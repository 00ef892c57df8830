"""Models loaded from runs, kept until their checkpoint is replaced."""

import threading
from typing import TYPE_CHECKING

from core.runs.directory import RunDirectory

if TYPE_CHECKING:
    from core.inference import Inference

KEPT = 4


class Models:
    """Loads models of checkpoints for the screens that use them. Call it from a worker thread."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[str, int], Inference] = {}
        self._lock = threading.Lock()

    def load(self, directory: RunDirectory, checkpoint: str) -> "Inference":
        """The model of a checkpoint.

        Raises InputError when it cannot be used.
        """
        # Torch takes seconds to import, which must not delay the first paint.
        from core.runs.checkpoint import load_inference

        path = directory.checkpoint(checkpoint)
        stamp = path.stat().st_mtime_ns if path.exists() else 0
        key = (str(path), stamp)
        with self._lock:
            if key not in self._loaded:
                inference = load_inference(directory, checkpoint)
                while len(self._loaded) >= KEPT:
                    self._loaded.pop(next(iter(self._loaded)))
                self._loaded[key] = inference
            return self._loaded[key]
