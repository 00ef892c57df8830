from collections.abc import Callable

import pytest
import torch

from core.compute.hardware import Hardware
from core.config.build import with_settings
from core.config.presets import preset
from core.config.schema import Config
from core.corpus.paradigms import Corpus
from core.corpus.vocabulary import Vocabulary
from core.training.control import Control
from core.training.step import StepResult, compute_gradients, sum_shards
from core.training.trainer import Trainer

Make = Callable[[Config, int], Trainer]


@pytest.fixture
def make(corpus: Corpus, vocabulary: Vocabulary) -> Make:
    def new_trainer(config: Config, threads: int) -> Trainer:
        hardware = Hardware("cpu", threads, "float32", 14)
        return Trainer(config, corpus, vocabulary, (), Control(), hardware)

    return new_trainer


def compute_in(trainer: Trainer, step: int, count: int) -> StepResult:
    whole = trainer.examples(step)
    return sum_shards(
        [
            compute_gradients(trainer.model, share, whole, trainer.config, 0.3, bfloat16=False)
            for share in whole.shards(count)
        ]
    )


@pytest.mark.parametrize("count", [2, 3, 5, 99])
@pytest.mark.parametrize(
    "settings",
    [("teacher_forcing.kind=sequence", "teacher_forcing.start=0.5"), ("prior.draws=0.4",)],
    ids=" ".join,
)
def test_shares_together_give_what_the_whole_gives(
    make: Make, count: int, settings: tuple[str, ...]
) -> None:
    trainer = make(with_settings(preset("default"), [*settings, "training.epochs=4"]), 1)
    for _ in range(trainer.schedules.partition_step + 1):
        trainer.train_step()
    step = trainer.schedules.partition_step + 1
    whole, shared = compute_in(trainer, step, 1), compute_in(trainer, step, count)
    torch.testing.assert_close(shared.loss, whole.loss)
    torch.testing.assert_close(shared.gradients, whole.gradients, atol=1e-5, rtol=1e-4)
    for name in ("ce", "kl", "lengths"):
        one, other = getattr(shared, name), getattr(whole, name)
        torch.testing.assert_close(one.sort().values, other.sort().values)


def test_every_word_and_every_draw_is_in_one_share(make: Make) -> None:
    trainer = make(preset("default"), 1)
    step = trainer.schedules.partition_step
    trainer.skip_to(step)
    trainer.train_step()
    whole = trainer.examples(step + 1)
    shares = whole.shards(3)
    for name in ("source", "noise", "draws", "target", "inputs"):
        rows = sorted(row.tolist() for share in shares for row in getattr(share, name))
        assert rows == sorted(row.tolist() for row in getattr(whole, name)), name
    assert {len(share.source) + len(share.draws) - len(share.target) for share in shares} == {0}


def test_two_threads_train_as_one_does(make: Make) -> None:
    one, two = make(preset("default"), 1), make(preset("default"), 2)
    for _ in range(5):
        one.train_step()
        two.train_step()
    for name, parameter in one.model.state_dict().items():
        torch.testing.assert_close(
            two.model.state_dict()[name], parameter, atol=1e-4, rtol=1e-3, msg=name
        )


def test_two_trainings_with_two_threads_are_the_same_bit_for_bit(make: Make) -> None:
    one, other = make(preset("default"), 2), make(preset("default"), 2)
    for _ in range(8):
        one.train_step()
        other.train_step()
    for name, parameter in one.model.state_dict().items():
        assert torch.equal(other.model.state_dict()[name], parameter), name
