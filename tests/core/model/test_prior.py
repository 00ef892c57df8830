"""Draws from the prior and the cells that label them."""

import pytest
import torch

from core.config.build import with_settings
from core.config.presets import preset
from core.config.schema import Codebook
from core.corpus.batches import Batches
from core.corpus.paradigms import Corpus
from core.corpus.vocabulary import Vocabulary
from core.errors import InputError
from core.model.cvae import CondVAE, Memory, Posterior
from core.model.prior import PriorDraws, divide, fit_codebook
from tests.conftest import TINY

CELLS, CONDITIONS, LATENT = 50, 4, 6


def scattered() -> Posterior:
    """Posteriors of 50 paradigms, most of them far from the origin on one side."""
    generator = torch.Generator().manual_seed(0)
    mean = torch.randn(CELLS, LATENT, generator=generator) + 0.5
    return Posterior(
        mean.repeat_interleave(CONDITIONS, dim=0), torch.full((CELLS * CONDITIONS, LATENT), -2.0)
    )


def memory() -> Memory:
    return Memory(Codebook(slots=60, size=5), LATENT)


def test_every_cell_has_about_the_same_mass_under_the_prior() -> None:
    keys, bias = divide(scattered(), CONDITIONS, seed=0)
    z = torch.randn(50_000, LATENT, generator=torch.Generator().manual_seed(1))
    counts = torch.addmm(bias, z, keys.T).argmax(dim=1).bincount(minlength=CELLS)
    assert counts.min() > 500 and counts.max() < 2000


def test_nothing_is_read_from_a_memory_before_the_latent_space_is_divided() -> None:
    unread = memory()
    torch.nn.init.ones_(unread.slots)
    assert not unread(torch.randn(3, LATENT)).any()


def test_a_slot_without_a_cell_is_never_read() -> None:
    read = memory()
    read.set_cells(*divide(scattered(), CONDITIONS, seed=0))
    assert int(read.scores(torch.randn(1000, LATENT)).argmax(dim=1).max()) < CELLS


def test_a_draw_is_to_become_a_form_of_the_paradigm_in_whose_cell_it_lies(corpus: Corpus) -> None:
    config = fit_codebook(
        with_settings(preset("default"), [*TINY, "prior.draws=0.75"]), corpus.split("train")
    )
    vocabulary, paradigms = Vocabulary.of(corpus), corpus.split("train")
    batches = Batches(
        paradigms,
        vocabulary,
        task="convert",
        batch_size=16,
        seed=0,
        device=torch.device("cpu"),
        bucket=2,
    )
    draws = PriorDraws.of(config, paradigms, batches)
    assert draws
    held = CondVAE(config.model, config.prior, vocabulary).memory
    assert held is not None
    held.set_cells(torch.randn(len(draws.paradigms), 4), torch.zeros(len(draws.paradigms)))
    for step in range(2 * batches.steps):
        batch = draws.batch(step, held)
        assert len(batch.z) == 12
        for z, word, condition in zip(
            batch.z, batch.target.tolist(), batch.target_conditions.tolist(), strict=True
        ):
            forms = draws.paradigms[int(held.scores(z[None]).argmax())]
            assert vocabulary.decode(word) == forms[condition]


def test_a_memory_gets_a_slot_for_each_distinct_training_paradigm(corpus: Corpus) -> None:
    training = corpus.split("train")
    fitted = fit_codebook(preset("default"), training).prior
    assert isinstance(fitted, Codebook) and fitted.slots == 8
    roomy = with_settings(preset("default"), ["prior.slots=30"])
    assert fit_codebook(roomy, training) == roomy
    config = with_settings(roomy, ["prior.kind=standard"])
    assert fit_codebook(config, training) == config


def test_a_memory_with_too_few_slots_is_refused(corpus: Corpus) -> None:
    config = with_settings(preset("default"), ["prior.slots=3"])
    with pytest.raises(InputError, match="must not be less than the 8 training paradigms"):
        fit_codebook(config, corpus.split("train"))
