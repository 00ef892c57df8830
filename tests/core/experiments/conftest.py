from collections.abc import Callable
from pathlib import Path

import pytest

SMALL = """\
description = "Two KL weights."
seeds = [0, 1]
[set]
data.corpus = "{corpus}"
model.embedding_size = 8
model.hidden_size = 16
model.latent_size = 4
model.condition_size = 4
training.batch_size = 16
training.epochs = 4
evaluation.every_epochs = 2
evaluation.gaussian_draws = 20
evaluation.selection_pairs = 8
checkpoints.every_epochs = 1
[vary]
objective.annealing.beta_max = [1e-4, 0.1]
"""


@pytest.fixture
def written(tmp_path: Path, corpus_file: Path) -> Callable[..., Path]:
    """A file of a small experiment, or of another text."""

    def write(text: str = SMALL) -> Path:
        file = tmp_path / "weights.toml"
        file.write_text(text.replace("{corpus}", str(corpus_file)), encoding="utf-8")
        return file

    return write
