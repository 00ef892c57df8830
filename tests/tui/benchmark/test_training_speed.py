import pytest
import torch
from torch import nn

from core.compute.hardware import Hardware
from core.config.presets import preset
from core.corpus.batches import shift_right
from core.corpus.paradigms import Corpus
from core.corpus.vocabulary import Vocabulary
from core.model.objective import cross_entropy
from core.training.control import Control
from core.training.trainer import Trainer
from tui.benchmark.training_speed import _Loop, _Recorder, measure


@pytest.fixture
def trainer(corpus: Corpus, vocabulary: Vocabulary) -> Trainer:
    hardware = Hardware("cpu", 1, "float32", 8)
    return Trainer(preset("default"), corpus, vocabulary, (), Control(), hardware)


def test_every_product_of_a_linear_layer_is_taken_down() -> None:
    layer, rows = nn.Linear(5, 7), torch.randn(3, 5, requires_grad=True)
    with _Recorder() as recorder:
        layer(rows).sum().backward()
    assert sorted(product[:3] for product in recorder.products) == sorted(
        [(3, 5, 7), (3, 7, 5), (7, 3, 5)]
    )


def test_the_products_of_an_lstm_are_as_many_operations_as_its_step_by_step_form() -> None:
    steps, batch, size, hidden = 4, 3, 5, 6
    inputs = torch.randn(steps, batch, size, requires_grad=True)
    layer = nn.LSTM(size, hidden)
    with _Recorder() as recorder:
        layer(inputs)[0].sum().backward()
    operations = sum(rows * inner * columns for rows, inner, columns, _ in recorder.products)
    forward = steps * batch * 4 * hidden * (size + hidden)
    assert operations == 3 * forward


def test_the_loop_computes_what_the_batch_does(trainer: Trainer) -> None:
    loop, batch = _Loop(trainer), trainer.batches.batch(0)
    model = loop._model
    for row in range(4):
        word, condition = batch.source[row : row + 1], batch.source_conditions[row : row + 1]
        word = word[:, : int((word != 0).sum())]
        posterior, expected = loop._encode(word, condition), model.encode(word, condition)
        torch.testing.assert_close(posterior.mean, expected.mean)
        torch.testing.assert_close(posterior.log_variance, expected.log_variance)
        always = torch.Generator().manual_seed(1)
        while float(torch.rand((), generator=always.clone_state())) >= 0.7:
            torch.rand((), generator=always)
        logits = model.decode(expected.mean, condition, shift_right(word))
        ce = loop._decode(expected.mean, condition, word, always)
        torch.testing.assert_close(ce, cross_entropy(logits, word)[0])


def test_all_four_speeds_come_with_their_spread_and_ratios() -> None:
    (benchmark,) = measure(rounds=1, seconds=0.05)
    for name in ("loop", "lab4", "default", "limit"):
        speed = benchmark.speeds[name]
        assert 0 < speed.spread[0] <= speed.words_per_second <= speed.spread[1]
    default, loop = benchmark.speeds["default"], benchmark.speeds["loop"]
    ratio = default.words_per_second / loop.words_per_second
    assert benchmark.default_over_loop == pytest.approx(ratio)
    assert benchmark.default_over_loop > 1
