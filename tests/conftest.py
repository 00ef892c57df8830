"""A tiny corpus, a configuration that trains on it in a second, and a run that did."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings

from core.config.build import with_settings
from core.config.presets import preset
from core.config.schema import Config
from core.corpus.formats import read_corpus
from core.corpus.paradigms import Corpus
from core.corpus.vocabulary import Vocabulary
from core.runs.directory import RunDirectory
from core.session import prepare, train
from core.training.control import Control

settings.register_profile(
    "quick",
    deadline=None,
    max_examples=40,
    # Elsewhere chance may find something new; there a failure must come again.
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("quick")

TABLE = """\
simple-present\tthird-person\tpresent-progressive\tsimple-past\tsplit\tirregular
walk\twalks\twalking\twalked\ttrain\t0
talk\ttalks\ttalking\ttalked\ttrain\t0
play\tplays\tplaying\tplayed\ttrain\t0
jump\tjumps\tjumping\tjumped\ttrain\t0
call\tcalls\tcalling\tcalled\ttrain\t0
cut\tcuts\tcutting\tcut\ttrain\t1
see\tsees\tseeing\tsaw\ttrain\t1
give\tgives\tgiving\tgave\ttrain\t1
walk\twalks\twalking\twalked\ttrain\t0
help\thelps\thelping\thelped\tvalid\t0
take\ttakes\ttaking\ttook\tvalid\t1
pull\tpulls\tpulling\tpulled\ttest\t0
"""
"""Twelve rows, of which one stands twice and nine are for training."""

TINY = (
    "model.embedding_size=8",
    "model.hidden_size=16",
    "model.latent_size=4",
    "model.condition_size=4",
    "training.batch_size=16",
    "training.epochs=4",
    "training.report_every=2",
    "evaluation.every_epochs=2",
    "evaluation.gaussian_draws=20",
    "evaluation.selection_pairs=8",
    "checkpoints.every_epochs=1",
    "hardware.device=cpu",
    "hardware.threads=1",
    "hardware.precision=float32",
)
"""Three steps an epoch, twelve in all."""


@pytest.fixture(autouse=True)
def _nobodys_home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No test reads or writes the presets and the view of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def corpus_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("corpus") / "tiny.tsv"
    file.write_text(TABLE, encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def corpus(corpus_file: Path) -> Corpus:
    return read_corpus(corpus_file)


@pytest.fixture(scope="session")
def vocabulary(corpus: Corpus) -> Vocabulary:
    return Vocabulary.of(corpus)


@pytest.fixture(scope="session")
def tiny(corpus_file: Path) -> Callable[..., Config]:
    """The preset `default` made tiny, with further settings as `--set` takes them."""

    def configured(*more: str) -> Config:
        return with_settings(preset("default"), [*TINY, f"data.corpus={corpus_file}", *more])

    return configured


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny: Callable[..., Config]) -> RunDirectory:
    """A finished run. Whoever changes it takes `copied`."""
    config = tiny(
        "training.epochs=40",
        "optimizer.learning_rate=0.02",
        "objective.annealing.beta_max=0.05",
        "objective.word_dropout=0",
        "evaluation.every_epochs=10",
        "checkpoints.keep=2",
    )
    directory = prepare(config, tmp_path_factory.mktemp("runs"), "trained")
    for _ in train(directory, Control()):
        pass
    return directory


@pytest.fixture
def copied(trained: RunDirectory, tmp_path: Path) -> RunDirectory:
    """A copy of the finished run, to be changed at will."""
    return RunDirectory(shutil.copytree(trained.path, tmp_path / "copied"))
