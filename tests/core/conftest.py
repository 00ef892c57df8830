from collections.abc import Callable

import pytest
import torch

from core.config.schema import Codebook, ModelConfig, Prior
from core.corpus.batches import Batch, Batches
from core.corpus.vocabulary import Vocabulary
from core.model.cvae import CondVAE

NewModel = Callable[..., CondVAE]
CODEBOOK = Codebook(size=96)


@pytest.fixture(scope="session")
def new_model(vocabulary: Vocabulary) -> NewModel:
    """A small model with weights drawn anew, large enough that its words differ."""

    def made(prior: Prior = CODEBOOK, **changes: object) -> CondVAE:
        sizes = {"embedding_size": 8, "hidden_size": 16, "latent_size": 4, "condition_size": 4}
        sizes |= {"latent_every_step": True}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            model = CondVAE(ModelConfig(**(sizes | changes)), prior, vocabulary)
            for parameter in model.parameters():
                torch.nn.init.normal_(parameter, std=0.7)
        with torch.no_grad():
            for embedding in (model.encoder.embedding, model.decoder.embedding):
                embedding.weight[0] = 0
        return model.eval()

    return made


@pytest.fixture
def while_step(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[], None]], None]:
    """Have something happen while a training computes a step, counted from 0."""

    def arrange(step: int, happen: Callable[[], None]) -> None:
        batch = Batches.batch

        def interrupted(batches: Batches, number: int) -> Batch:
            if number == step:
                happen()
            return batch(batches, number)

        monkeypatch.setattr(Batches, "batch", interrupted)

    return arrange
