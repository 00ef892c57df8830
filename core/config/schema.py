"""The configuration of a run: its sections and their settings.

The defaults are those of the lab (docs/lab.md). A choice that brings its own settings is a
union of structs, so that a setting which does nothing cannot be set.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.config.annealing import Constant, Cyclical, Monotonic
from core.config.learning_rate import ConstantRate, Cosine, OneCycle, Step
from core.config.section import Choice, Count, CountOrNone, Ratio, Section, Size, Weight

FORMAT: Literal[2] = 2
"""Layout of the files of a configuration. Those of version 0.1.0 do not name theirs."""


class DataConfig(Section, frozen=True):
    """Words to train on.

    corpus: Corpus to train on: a shipped one (verbs, verbs-all) or a file.
    pairs: Pair file whose BLEU-4 is reported (never used to choose a checkpoint); empty for none.
    """

    corpus: str = "verbs"
    pairs: str = ""


class ModelConfig(Section, frozen=True):
    """The conditional VAE.

    variant: cvae conditions encoder and decoder on the tense; vae does without.
    embedding_size: Size of a character embedding.
    hidden_size: Hidden size of the encoder's and the decoder's LSTM.
    bidirectional: Read a word from both ends in the encoder, each with an LSTM of the hidden size.
    latent_size: Dimensions of the latent z.
    condition_size: Size of the condition embedding, joined to the encoder's initial state and to
        the latent.
    latent_every_step: Add the decoder's context (latent, memory, condition) to the embedding of
        every character, not only to the initial state. Source: Bowman et al. 2016, section 3.1.
    """

    variant: Literal["cvae", "vae"] = "cvae"
    embedding_size: Size = 256
    hidden_size: Size = 256
    bidirectional: bool = False
    latent_size: Size = 32
    condition_size: Annotated[int, Meta(ge=1, le=1024)] = 8
    latent_every_step: bool = False


class ObjectiveConfig(Section, frozen=True):
    """CE + beta * KL, and the course of beta.

    task: reconstruct: a word to itself in its own tense; convert: to a tense drawn at random.
    ce_reduction: word: CE in nats per word, so that beta = 1 is the negative ELBO; character: its
        mean over characters, with which the same beta weighs several times more.
    annealing: Course of beta. Source of cyclical: Fu et al. 2019.
    word_dropout: Share of the decoder's input characters that are replaced by UNK in training, so
        that it must read the latent. Source: Bowman et al. 2016, section 3.1.
    """

    task: Literal["convert", "reconstruct"] = "reconstruct"
    ce_reduction: Literal["word", "character"] = "character"
    annealing: Monotonic | Cyclical | Constant = Monotonic()
    word_dropout: Ratio = 0.0


class Prior(Choice, frozen=True):
    """Base of the priors."""

    @property
    def end_of_fall(self) -> float:
        """Progress at which beta has fallen; 0 where it does not fall."""
        return 0.0

    def lower(self, beta: float, progress: float) -> float:
        """Beta as far as this prior lets it fall."""
        return beta


class Standard(Prior, frozen=True):
    """N(0, I)."""


class Codebook(Prior, frozen=True):
    """N(0, I) divided into cells, one for each training paradigm, each with a slot of a memory.

    Source: van den Oord et al. 2017, section 3 (a codebook before the decoder), softly read.

    size: Size of a slot, which the decoder reads beside the latent.
    slots: Slots; 0 for one for each training paradigm, whose number a run writes down.
    sharpness: Sharpness of the borders between the cells; at 1 they are as wide as the posteriors
        there.
    draws: Draws from N(0, I) for each word of a batch, on which the decoder is trained too. The
        target of a draw is a form of the paradigm in whose cell it lies.
    start: Share of the training after which the latent space is divided, once, into cells of equal
        prior mass around the paradigms' posteriors. Then the draws begin.
    beta_final: Beta after its fall, which begins with the draws: they hold the latent space in
        place, so the posteriors may shrink within their cells.
    fall_ratio: Share of the training that the fall to beta_final takes; 0 for no fall.
    """

    size: Size = 96
    slots: CountOrNone = 0
    sharpness: Annotated[float, Meta(gt=0, le=1000)] = 5.0
    draws: Annotated[float, Meta(ge=0, le=100)] = 0.25
    start: Ratio = 0.2
    beta_final: Weight = 0.05
    fall_ratio: Ratio = 0.25

    @property
    def end_of_fall(self) -> float:
        """Progress at which beta has fallen."""
        return self.start + self.fall_ratio

    def lower(self, beta: float, progress: float) -> float:
        """Beta as far as this prior lets it fall."""
        if not self.fall_ratio:
            return beta
        fallen = min(1.0, max(0.0, (progress - self.start) / self.fall_ratio))
        return beta + (self.beta_final - beta) * fallen


class TeacherForcing(Choice, frozen=True):
    """Base of the ways to feed the decoder."""

    per_character = False
    """True to draw for each character, not for each word."""

    @property
    def n_passes(self) -> int:
        """Fused passes in which the decoder's own characters are found; 0 for one by one."""
        return 0

    def value(self, progress: float) -> float:
        """Teacher forcing ratio."""
        return 1.0


class Always(TeacherForcing, frozen=True):
    """The decoder is always fed the right character."""


class Sequence(TeacherForcing, frozen=True):
    """One draw for each word. Source of the linear decay: Bengio et al. 2015, section 2.4.

    start: Teacher forcing ratio at the start of the training.
    end: Teacher forcing ratio at its end; it changes linearly from start to end.
    """

    start: Ratio = 0.7
    end: Ratio = 0.7

    def value(self, progress: float) -> float:
        """Teacher forcing ratio."""
        return self.start + (self.end - self.start) * progress


class Token(Sequence, frozen=True):
    """One draw for each character (scheduled sampling). Source: Bengio et al. 2015."""

    per_character = True


class Parallel(Token, frozen=True):
    """As token, but in fused passes. Source: Duckworth et al. 2019, algorithm 1.

    passes: Passes in which the decoder's own characters are found; with as many as a word has
        characters this is token exactly.
    """

    passes: Annotated[int, Meta(ge=1, le=64)] = 1

    @property
    def n_passes(self) -> int:
        """Fused passes in which the decoder's own characters are found."""
        return self.passes


class Stop(Choice, frozen=True):
    """The training ends."""


class Skip(Choice, frozen=True):
    """The step is undone and the training goes on.

    at_most: Steps in a row that are skipped; one more ends the run.
    """

    at_most: Count = 10


class OptimizerConfig(Choice, frozen=True):
    """Base of the optimizers.

    learning_rate: Learning rate; the highest one when the schedule moves it.
    weight_decay: Weight decay.
    clip_norm: Norm to which longer gradients are clipped; 0 switches clipping off.
    on_nonfinite: Treatment of a step whose loss or gradient is not finite: stop ends the training;
        skip leaves weights and optimizer as they were before the step and goes on.
    schedule: Course of the learning rate. step: PyTorch's StepLR.
    """

    learning_rate: Annotated[float, Meta(gt=0, le=100)] = 0.05
    weight_decay: Annotated[float, Meta(ge=0, le=10)] = 0.0
    clip_norm: Annotated[float, Meta(ge=0, le=1e6)] = 0.0
    on_nonfinite: Stop | Skip = Stop()
    schedule: OneCycle | Cosine | Step | ConstantRate = Step()


class Adam(OptimizerConfig, frozen=True):
    """Adam. Source: Kingma & Ba 2015."""


class AdamW(OptimizerConfig, frozen=True):
    """Adam with decoupled weight decay. Source: Loshchilov & Hutter 2019."""


class SGD(OptimizerConfig, frozen=True):
    """Stochastic gradient descent.

    momentum: Momentum.
    """

    momentum: Annotated[float, Meta(ge=0, lt=1)] = 0.0


class TrainingConfig(Section, frozen=True):
    """Length, batches and seed of the training.

    seed: Seed of everything random in the training.
    start_from: Checkpoint file of another run, of the same alphabet and tenses, whose weights the
        training starts from; empty for new weights. Optimizer, schedules and the division of the
        latent space begin anew.
    epochs: Passes over all forms of all training paradigms.
    batch_size: Words in a step; 0 lets a short measurement choose.
    invented: Invented paradigms to train on beside the corpus's: a regular verb's with the head of
        another verb's stem. Source: Anastasopoulos & Neubig 2019, section 3.2.
    bucket: Batches among whose words those of similar length are put together, to pad less.
    report_every: Steps between two readings of loss, KL and speed.
    """

    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    start_from: str = ""
    epochs: Count = 5000
    batch_size: Annotated[int, Meta(ge=0, le=65_536)] = 1
    invented: CountOrNone = 0
    bucket: Count = 1
    report_every: Count = 100


class EvaluationConfig(Section, frozen=True):
    """The scores taken while training, and the choice of the best checkpoint.

    every_epochs: Epochs between two evaluations; one more comes at the end.
    gaussian_draws: Samples of the Gaussian score at each evaluation.
    selection_pairs: Conversions, drawn once at random, whose BLEU-4 helps to choose the best
        checkpoint.
    select_by: Score that chooses the best checkpoint: joint, the harmonic mean of the selection
        pairs' BLEU-4 and the Gaussian score; bleu4, the former alone, for a model that is not meant
        to generate.
    select_on: Split from which the selection pairs are drawn.
    """

    every_epochs: Count = 1
    gaussian_draws: Count = 1000
    selection_pairs: Annotated[int, Meta(ge=1, le=100_000)] = 200
    select_by: Literal["joint", "bleu4"] = "joint"
    select_on: Literal["train", "valid"] = "train"


class CheckpointsConfig(Section, frozen=True):
    """Checkpoints besides the best.

    every_epochs: Epochs between two checkpoints; one more comes at the end.
    keep: Earlier checkpoints kept as a history besides last and best.
    """

    every_epochs: Count = 1
    keep: CountOrNone = 0


class HardwareConfig(Section, frozen=True):
    """Device, threads and precision.

    device: Device; auto takes a GPU if there is one.
    threads: Processor threads, among which the words of a step are shared; 0 lets a short
        measurement choose.
    precision: bfloat16 computes the LSTMs under autocast; auto lets a short measurement choose.
    """

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    threads: Annotated[int, Meta(ge=0, le=1024)] = 0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"


class Chosen(HardwareConfig, frozen=True):
    """Values that a measurement chose for settings that were left open. A run writes them down.

    batch_size: Words in a step.
    """

    batch_size: Annotated[int, Meta(ge=0, le=65_536)] = 0


class Config(Section, frozen=True):
    """Everything that is needed to repeat a run.

    format: Layout of this file.
    prior: Distribution of the samples of z. standard: N(0, I). codebook divides it into cells, one
        for each training paradigm, reads a memory slot in each, and trains the decoder on draws.
        Source: van den Oord et al. 2017, section 3.
    teacher_forcing: Share of the right characters that the decoder is fed instead of its own.
        always: all; sequence: one draw for each word; token: one for each character (Bengio et al.
        2015); parallel: as token, in fused passes (Duckworth et al. 2019).
    optimizer: Rule by which the parameters move.
    """

    format: Literal[2] = FORMAT
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    objective: ObjectiveConfig = ObjectiveConfig()
    prior: Standard | Codebook = Standard()
    teacher_forcing: Always | Sequence | Token | Parallel = Sequence()
    optimizer: Adam | AdamW | SGD = SGD()
    training: TrainingConfig = TrainingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    checkpoints: CheckpointsConfig = CheckpointsConfig()
    hardware: HardwareConfig = HardwareConfig()
    chosen: Chosen | None = None

    def __post_init__(self) -> None:
        """Raise ValueError, which `build` turns into an InputError, for contradictory settings."""
        if self.model.condition_size > self.model.hidden_size:
            raise ValueError(
                f"model.condition_size ({self.model.condition_size}) must not exceed "
                f"model.hidden_size ({self.model.hidden_size}), whose first state it is part of"
            )
        if self.model.variant == "vae" and self.objective.task == "convert":
            raise ValueError("model.variant vae has no tenses: objective.task must be reconstruct")
        if self.model.variant == "vae" and isinstance(self.prior, Codebook):
            raise ValueError("model.variant vae has no paradigms: prior.kind must be standard")

    def with_chosen(self) -> "Config":
        """Replace the settings that were left open by the values that were chosen for them."""
        chosen = self.chosen
        if chosen is None or self.hardware.device not in ("auto", chosen.device):
            return msgspec.structs.replace(self, chosen=None)
        threads, precision = self.hardware.threads or chosen.threads, self.hardware.precision
        precision = chosen.precision if precision == "auto" else precision
        hardware = HardwareConfig(device=chosen.device, threads=threads, precision=precision)
        size = self.training.batch_size or chosen.batch_size
        training = msgspec.structs.replace(self.training, batch_size=size)
        return msgspec.structs.replace(self, hardware=hardware, training=training, chosen=None)


# Built while one thread imports this: two that first meet a type at once can crash msgspec (0.22).
msgspec.json.Decoder(Config)
