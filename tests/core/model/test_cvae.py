from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from core.corpus.batches import encode_words, shift_right
from core.corpus.vocabulary import FIRST_OUTPUT, SOS, Vocabulary
from core.model.cvae import CondVAE
from core.model.objective import cross_entropy

NewModel = Callable[..., CondVAE]
WORDS = st.lists(st.text("walkcutepings", min_size=1, max_size=16), min_size=1, max_size=6)
CLOSE = {"rtol": 1e-4, "atol": 1e-5}
SIZES = (
    {},
    {"latent_every_step": False},
    {"hidden_size": 5, "latent_size": 3, "embedding_size": 7, "condition_size": 2},
    {"hidden_size": 24, "latent_size": 33, "condition_size": 24},
    {"hidden_size": 1, "latent_size": 1, "embedding_size": 1, "condition_size": 1},
    {"variant": "vae"},
    {"bidirectional": True},
)


def conditions_of(words: list[str]) -> Tensor:
    return torch.arange(len(words)) % 4


def latents(rows: int, size: int = 4) -> Tensor:
    return torch.randn(rows, size, generator=torch.Generator().manual_seed(rows))


@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: ", ".join(sizes) or "default")
class TestOfAnySize:
    @given(words=WORDS)
    def test_padding_changes_nothing(
        self, new_model: NewModel, vocabulary: Vocabulary, sizes: dict[str, int], words: list[str]
    ) -> None:
        model = new_model(**sizes)
        # A longer word in their company pads them all.
        forms = encode_words([*words, "walking" * 3], vocabulary)[:-1]
        conditions = conditions_of(words)
        z = latents(len(words), model.latent_size)
        posterior = model.encode(forms, conditions)
        ce = cross_entropy(model.decode(z, conditions, shift_right(forms)), forms)
        for row, word in enumerate(words):
            own, only = encode_words([word], vocabulary), slice(row, row + 1)
            alone = model.encode(own, conditions[only])
            torch.testing.assert_close(alone.mean, posterior.mean[only], **CLOSE)
            torch.testing.assert_close(alone.log_variance, posterior.log_variance[only], **CLOSE)
            logits = model.decode(z[only], conditions[only], shift_right(own))
            torch.testing.assert_close(cross_entropy(logits, own), ce[only], **CLOSE)

    def test_shapes_are_as_documented(
        self, new_model: NewModel, vocabulary: Vocabulary, sizes: dict[str, int]
    ) -> None:
        model = new_model(**sizes)
        forms, conditions = encode_words(["cut", "walk"], vocabulary), torch.tensor([0, 3])
        posterior = model.encode(forms, conditions)
        assert posterior.mean.shape == posterior.log_variance.shape == (2, model.latent_size)
        logits = model.decode(posterior.mean, conditions, shift_right(forms))
        assert logits.shape == (2, 5, vocabulary.size - FIRST_OUTPUT)

    def test_one_character_at_a_time_equals_the_fused_pass_gradients_included(
        self, new_model: NewModel, vocabulary: Vocabulary, sizes: dict[str, int]
    ) -> None:
        model = new_model(**sizes)
        forms, conditions = encode_words(["cut", "walking"], vocabulary), torch.tensor([1, 2])
        inputs, z = shift_right(forms), latents(2, model.latent_size)
        results = []
        for stepwise in (False, True):
            model.zero_grad()
            if stepwise:
                fed = torch.ones(inputs.shape, dtype=torch.bool)
                logits = model._decode_stepwise(model.context(z, conditions), inputs, fed)
            else:
                logits = model.decode(z, conditions, inputs)
            cross_entropy(logits, forms).sum().backward()
            gradients = {
                name: parameter.grad.clone()
                for name, parameter in model.named_parameters()
                if parameter.grad is not None
            }
            results.append((logits, gradients))
        (fused, its_gradients), (one_by_one, their_gradients) = results
        torch.testing.assert_close(one_by_one, fused, **CLOSE)
        assert its_gradients.keys() == their_gradients.keys()
        for name, gradient in its_gradients.items():
            torch.testing.assert_close(their_gradients[name], gradient, **CLOSE)


class TestFeeding:
    """What the decoder says depends on what it is fed."""

    WORDS = ["cut", "walking", "see", "jumped"]

    @pytest.fixture
    def case(
        self, new_model: NewModel, vocabulary: Vocabulary
    ) -> tuple[CondVAE, Tensor, Tensor, Tensor]:
        forms = encode_words(self.WORDS, vocabulary)
        return new_model(), latents(4), conditions_of(self.WORDS), shift_right(forms)

    def test_everything_right_is_the_fused_pass(
        self, case: tuple[CondVAE, Tensor, Tensor, Tensor]
    ) -> None:
        model, z, conditions, inputs = case
        fed = torch.ones(inputs.shape, dtype=torch.bool)
        assert torch.equal(
            model.decode(z, conditions, inputs, fed), model.decode(z, conditions, inputs)
        )

    @given(coins=st.lists(st.booleans(), min_size=32, max_size=32))
    def test_every_row_is_decoded_as_if_it_were_alone(
        self, case: tuple[CondVAE, Tensor, Tensor, Tensor], coins: list[bool]
    ) -> None:
        model, z, conditions, inputs = case
        fed = torch.tensor(coins).view(4, 8)
        together = model.decode(z, conditions, inputs, fed)
        for row in range(4):
            assert_logits_of_row(model, z, conditions, inputs, fed, row, together[row])

    @pytest.mark.parametrize("forced", [(0,), (2,), (1, 3), (0, 1, 2), ()])
    def test_whole_words_keep_their_places(
        self, case: tuple[CondVAE, Tensor, Tensor, Tensor], forced: tuple[int, ...]
    ) -> None:
        model, z, conditions, inputs = case
        fed = torch.zeros(inputs.shape, dtype=torch.bool)
        fed[list(forced)] = True
        together = model.decode(z, conditions, inputs, fed)
        for row in range(4):
            assert_logits_of_row(model, z, conditions, inputs, fed, row, together[row])

    def test_a_word_decoded_freely_does_not_depend_on_what_is_right(
        self, case: tuple[CondVAE, Tensor, Tensor, Tensor]
    ) -> None:
        model, z, conditions, inputs = case
        fed = torch.zeros(inputs.shape, dtype=torch.bool)
        wrong = inputs.roll(1, dims=0)
        wrong[:, 0] = SOS
        assert torch.equal(
            model.decode(z, conditions, inputs, fed), model.decode(z, conditions, wrong, fed)
        )

    @pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
    def test_as_many_passes_as_characters_agree_with_the_loop_exactly(
        self, case: tuple[CondVAE, Tensor, Tensor, Tensor], share: float
    ) -> None:
        model, z, conditions, inputs = case
        fed = torch.rand(inputs.shape, generator=torch.Generator().manual_seed(4)) < share
        fed[:, 0] = True
        loop = model.decode(z, conditions, inputs, fed)
        parallel = model.decode(z, conditions, inputs, fed, n_passes=inputs.shape[1])
        torch.testing.assert_close(parallel, loop, **CLOSE)
        gradients = []
        for logits in (loop, parallel):
            model.zero_grad()
            logits.square().sum().backward(retain_graph=True)
            gradients.append([p.grad.clone() for p in model.decoder.parameters()])
        for ours, exact in zip(*gradients, strict=True):
            torch.testing.assert_close(ours, exact, rtol=1e-3, atol=1e-3)

    @pytest.mark.parametrize("passes", [1, 2, 3])
    def test_passes_agree_with_the_loop_for_as_many_characters(
        self, case: tuple[CondVAE, Tensor, Tensor, Tensor], passes: int
    ) -> None:
        model, z, conditions, inputs = case
        fed = torch.zeros(inputs.shape, dtype=torch.bool)
        loop = model.decode(z, conditions, inputs, fed)
        parallel = model.decode(z, conditions, inputs, fed, n_passes=passes)
        head = slice(0, passes + 1)
        torch.testing.assert_close(parallel[:, head], loop[:, head], **CLOSE)


def assert_logits_of_row(
    model: CondVAE,
    z: Tensor,
    conditions: Tensor,
    inputs: Tensor,
    fed: Tensor,
    row: int,
    logits: Tensor,
) -> None:
    """Decode one row by hand, a longer prefix at every position."""
    prefix = [SOS]
    for position in range(inputs.shape[1]):
        said = model.decode(z[row, None], conditions[row, None], torch.tensor([prefix]))[0, -1]
        torch.testing.assert_close(logits[position], said, **CLOSE)
        if position + 1 < inputs.shape[1]:
            right, own = int(inputs[row, position + 1]), int(said.argmax()) + FIRST_OUTPUT
            prefix.append(right if fed[row, position + 1] else own)


def test_the_cvae_depends_on_the_condition_at_both_ends(
    new_model: NewModel, vocabulary: Vocabulary
) -> None:
    model, forms = new_model(), encode_words(["walk"] * 4, vocabulary)
    means = model.encode(forms, torch.arange(4)).mean
    logits = model.decode(latents(1).expand(4, -1), torch.arange(4), shift_right(forms))
    assert len({tuple(row) for row in means.tolist()}) == 4
    assert len({tuple(row) for row in logits.flatten(1).tolist()}) == 4


def test_the_vae_does_not_depend_on_the_condition(
    new_model: NewModel, vocabulary: Vocabulary
) -> None:
    model, forms = new_model(variant="vae"), encode_words(["walk"] * 4, vocabulary)
    means = model.encode(forms, torch.arange(4)).mean
    logits = model.decode(latents(1).expand(4, -1), torch.arange(4), shift_right(forms))
    for rows in (means, logits):
        torch.testing.assert_close(rows, rows[:1].expand_as(rows))
    assert sum(parameter.numel() for parameter in model.condition.parameters()) == 0


@pytest.mark.parametrize("every_step", [True, False])
def test_the_latent_reaches_every_step_only_where_it_is_told_to(
    new_model: NewModel, every_step: bool
) -> None:
    model, inputs = new_model(latent_every_step=every_step), torch.tensor([[SOS]])
    one, other = (
        model.context(z, torch.tensor([0])) for z in (torch.zeros(1, 4), torch.ones(1, 4))
    )
    state = model.decoder.initial_state(one)
    logits = [model.decoder(code, state, inputs)[0] for code in (one, other)]
    assert torch.equal(*logits) is not every_step


def test_a_bidirectional_encoder_reads_a_word_from_its_end_too(
    new_model: NewModel, vocabulary: Vocabulary
) -> None:
    model = new_model(bidirectional=True)
    # The LSTM that reads forwards is silenced.
    for parameter in model.encoder.lstm.parameters():
        torch.nn.init.zeros_(parameter)
    turned = encode_words(["walk", "klaw"], vocabulary)
    read: list[Tensor] = []
    hook = model.encoder.backward_lstm.register_forward_pre_hook(
        lambda _, inputs: read.append(inputs[0])
    )
    means = model.encode(turned, torch.tensor([0, 0])).mean
    hook.remove()
    end = model.encoder.embedding(turned[:, 4:])
    backwards = model.encoder.embedding(turned.flip(0)[:, :4])
    assert torch.equal(read[0].transpose(0, 1), torch.cat([end, backwards], dim=1))
    assert not torch.equal(means[0], means[1])


def test_the_posterior_is_float32_under_autocast(
    new_model: NewModel, vocabulary: Vocabulary
) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        posterior = new_model().encode(encode_words(["walk"], vocabulary), torch.tensor([0]))
    assert posterior.mean.dtype == posterior.log_variance.dtype == torch.float32
