from collections.abc import Callable

import pytest
import torch

from core.config import ModelConfig
from core.model import CondVAE
from core.vocabulary import Vocabulary

NewModel = Callable[..., CondVAE]


@pytest.fixture(scope="session")
def new_model(vocabulary: Vocabulary) -> NewModel:
    """A small model with weights drawn anew, large enough that its words differ."""

    def made(**changes: object) -> CondVAE:
        sizes = {"embedding_size": 8, "hidden_size": 16, "latent_size": 4, "condition_size": 4}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            model = CondVAE(ModelConfig(**(sizes | changes)), vocabulary)
            for parameter in model.parameters():
                torch.nn.init.normal_(parameter, std=0.7)
        with torch.no_grad():
            for embedding in (model.encoder.embedding, model.decoder.embedding):
                embedding.weight[0] = 0
        return model.eval()

    return made
