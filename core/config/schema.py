"""The configuration of a run: its sections and their settings.

The defaults are those of the lab (docs/lab.md). A choice that brings its own settings is a
union of structs, so that a setting which does nothing cannot be set.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.config.annealing import Constant, Cyclical, Monotonic
from core.config.learning_rate import ConstantRate, Cosine, OneCycle, Step
from core.config.section import Choice, Count, CountOrNone, Ratio, Section, Size, Weight, doc

FORMAT: Literal[2] = 2
"""Layout of the files of a configuration. Those of version 0.1.0 do not name theirs."""


class DataConfig(Section, frozen=True):
    """Words to train on."""

    corpus: Annotated[
        str, doc("Corpus to train on: a shipped one (verbs, verbs-all) or a file.")
    ] = "verbs"
    pairs: Annotated[
        str,
        doc(
            """Pair file whose BLEU-4 is reported (never used to choose a checkpoint); empty for
            none."""
        ),
    ] = ""


class ModelConfig(Section, frozen=True):
    """The conditional VAE."""

    variant: Annotated[
        Literal["cvae", "vae"],
        doc("cvae conditions encoder and decoder on the tense; vae does without."),
    ] = "cvae"
    embedding_size: Annotated[Size, doc("Size of a character embedding.")] = 256
    hidden_size: Annotated[Size, doc("Hidden size of the encoder's and the decoder's LSTM.")] = 256
    bidirectional: Annotated[
        bool,
        doc("Read a word from both ends in the encoder, each with an LSTM of the hidden size."),
    ] = False
    latent_size: Annotated[Size, doc("Dimensions of the latent z.")] = 32
    condition_size: Annotated[
        int,
        Meta(ge=1, le=1024),
        doc(
            """Size of the condition embedding, joined to the encoder's initial state and to the
            latent."""
        ),
    ] = 8
    latent_every_step: Annotated[
        bool,
        doc(
            """Add the decoder's context (latent, memory, condition) to the embedding of every
            character, not only to the initial state. Source: Bowman et al. 2016, section 3.1."""
        ),
    ] = False


class ObjectiveConfig(Section, frozen=True):
    """CE + beta * KL, and the course of beta."""

    task: Annotated[
        Literal["convert", "reconstruct"],
        doc(
            """reconstruct: a word to itself in its own tense; convert: to a tense drawn at
            random."""
        ),
    ] = "reconstruct"
    ce_reduction: Annotated[
        Literal["word", "character"],
        doc(
            """word: CE in nats per word, so that beta = 1 is the negative ELBO; character: its
            mean over characters, with which the same beta weighs several times more."""
        ),
    ] = "character"
    annealing: Annotated[
        Monotonic | Cyclical | Constant,
        doc("Course of beta. Source of cyclical: Fu et al. 2019."),
    ] = Monotonic()
    word_dropout: Annotated[
        Ratio,
        doc(
            """Share of the decoder's input characters that are replaced by UNK in training, so
            that it must read the latent. Source: Bowman et al. 2016, section 3.1."""
        ),
    ] = 0.0


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
    """

    size: Annotated[Size, doc("Size of a slot, which the decoder reads beside the latent.")] = 96
    slots: Annotated[
        CountOrNone,
        doc("Slots; 0 for one for each training paradigm, whose number a run writes down."),
    ] = 0
    sharpness: Annotated[
        float,
        Meta(gt=0, le=1000),
        doc(
            """Sharpness of the borders between the cells; at 1 they are as wide as the posteriors
            there."""
        ),
    ] = 5.0
    draws: Annotated[
        float,
        Meta(ge=0, le=100),
        doc(
            """Draws from N(0, I) for each word of a batch, on which the decoder is trained too. The
            target of a draw is a form of the paradigm in whose cell it lies."""
        ),
    ] = 0.25
    start: Annotated[
        Ratio,
        doc(
            """Share of the training after which the latent space is divided, once, into cells of
            equal prior mass around the paradigms' posteriors. Then the draws begin."""
        ),
    ] = 0.2
    beta_final: Annotated[
        Weight,
        doc(
            """Beta after its fall, which begins with the draws: they hold the latent space in
            place, so the posteriors may shrink within their cells."""
        ),
    ] = 0.05
    fall_ratio: Annotated[
        Ratio, doc("Share of the training that the fall to beta_final takes; 0 for no fall.")
    ] = 0.25

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

    @property
    def per_character(self) -> bool:
        """Draw for each character, not for each word."""
        return False

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
    """One draw for each word. Source of the linear decay: Bengio et al. 2015, section 2.4."""

    start: Annotated[Ratio, doc("Teacher forcing ratio at the start of the training.")] = 0.7
    end: Annotated[
        Ratio, doc("Teacher forcing ratio at its end; it changes linearly from start to end.")
    ] = 0.7

    def value(self, progress: float) -> float:
        """Teacher forcing ratio."""
        return self.start + (self.end - self.start) * progress


class Token(Sequence, frozen=True):
    """One draw for each character (scheduled sampling). Source: Bengio et al. 2015."""

    @property
    def per_character(self) -> bool:
        """Draw for each character, not for each word."""
        return True


class Parallel(Token, frozen=True):
    """As token, but in fused passes. Source: Duckworth et al. 2019, algorithm 1."""

    passes: Annotated[
        int,
        Meta(ge=1, le=64),
        doc(
            """Passes in which the decoder's own characters are found; with as many as a word has
            characters this is token exactly."""
        ),
    ] = 1

    @property
    def n_passes(self) -> int:
        """Fused passes in which the decoder's own characters are found."""
        return self.passes


class Stop(Choice, frozen=True):
    """The training ends."""

    @property
    def tolerated(self) -> int:
        """Steps in a row that may fail to be finite."""
        return 0


class Skip(Choice, frozen=True):
    """The step is undone and the training goes on."""

    at_most: Annotated[Count, doc("Steps in a row that are skipped; one more ends the run.")] = 10

    @property
    def tolerated(self) -> int:
        """Steps in a row that may fail to be finite."""
        return self.at_most


class OptimizerConfig(Choice, frozen=True):
    """Base of the optimizers."""

    learning_rate: Annotated[
        float,
        Meta(gt=0, le=100),
        doc("Learning rate; the highest one when the schedule moves it."),
    ] = 0.05
    weight_decay: Annotated[float, Meta(ge=0, le=10), doc("Weight decay.")] = 0.0
    clip_norm: Annotated[
        float,
        Meta(ge=0, le=1e6),
        doc("Norm to which longer gradients are clipped; 0 switches clipping off."),
    ] = 0.0
    on_nonfinite: Annotated[
        Stop | Skip,
        doc(
            """Treatment of a step whose loss or gradient is not finite: stop ends the training;
            skip leaves weights and optimizer as they were before the step and goes on."""
        ),
    ] = Stop()
    schedule: Annotated[
        OneCycle | Cosine | Step | ConstantRate,
        doc("Course of the learning rate. step: PyTorch's StepLR."),
    ] = Step()


class Adam(OptimizerConfig, frozen=True):
    """Adam. Source: Kingma & Ba 2015."""


class AdamW(OptimizerConfig, frozen=True):
    """Adam with decoupled weight decay. Source: Loshchilov & Hutter 2019."""


class SGD(OptimizerConfig, frozen=True):
    """Stochastic gradient descent."""

    momentum: Annotated[float, Meta(ge=0, lt=1), doc("Momentum.")] = 0.0


class TrainingConfig(Section, frozen=True):
    """Length, batches and seed of the training."""

    seed: Annotated[
        int, Meta(ge=0, le=2**31 - 1), doc("Seed of everything random in the training.")
    ] = 0
    start_from: Annotated[
        str,
        doc(
            """Checkpoint file of another run, of the same alphabet and tenses, whose weights the
            training starts from; empty for new weights. Optimizer, schedules and the division of
            the latent space begin anew."""
        ),
    ] = ""
    epochs: Annotated[Count, doc("Passes over all forms of all training paradigms.")] = 5000
    batch_size: Annotated[
        int, Meta(ge=0, le=65_536), doc("Words in a step; 0 lets a short measurement choose.")
    ] = 1
    invented: Annotated[
        CountOrNone,
        doc(
            """Invented paradigms to train on beside the corpus's: a regular verb's with the head of
            another verb's stem. Source: Anastasopoulos & Neubig 2019, section 3.2."""
        ),
    ] = 0
    bucket: Annotated[
        Count,
        doc("Batches among whose words those of similar length are put together, to pad less."),
    ] = 1
    report_every: Annotated[Count, doc("Steps between two readings of loss, KL and speed.")] = 100


class EvaluationConfig(Section, frozen=True):
    """The scores taken while training, and the choice of the best checkpoint."""

    every_epochs: Annotated[
        Count, doc("Epochs between two evaluations; one more comes at the end.")
    ] = 1
    gaussian_draws: Annotated[Count, doc("Samples of the Gaussian score at each evaluation.")] = (
        1000
    )
    selection_pairs: Annotated[
        int,
        Meta(ge=1, le=100_000),
        doc("Conversions, drawn once at random, whose BLEU-4 helps to choose the best checkpoint."),
    ] = 200
    select_by: Annotated[
        Literal["joint", "bleu4"],
        doc(
            """Score that chooses the best checkpoint: joint, the harmonic mean of the selection
            pairs' BLEU-4 and the Gaussian score; bleu4, the former alone, for a model that is not
            meant to generate."""
        ),
    ] = "joint"
    select_on: Annotated[
        Literal["train", "valid"], doc("Split from which the selection pairs are drawn.")
    ] = "train"


class CheckpointsConfig(Section, frozen=True):
    """Checkpoints besides the best."""

    every_epochs: Annotated[
        Count, doc("Epochs between two checkpoints; one more comes at the end.")
    ] = 1
    keep: Annotated[
        CountOrNone, doc("Earlier checkpoints kept as a history besides last and best.")
    ] = 0


class HardwareConfig(Section, frozen=True):
    """Device, threads and precision."""

    device: Annotated[
        Literal["auto", "cpu", "cuda", "mps"], doc("Device; auto takes a GPU if there is one.")
    ] = "auto"
    threads: Annotated[
        int,
        Meta(ge=0, le=1024),
        doc(
            """Processor threads, among which the words of a step are shared; 0 lets a short
            measurement choose."""
        ),
    ] = 0
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        doc("bfloat16 computes the LSTMs under autocast; auto lets a short measurement choose."),
    ] = "auto"


class Chosen(HardwareConfig, frozen=True):
    """Values that a measurement chose for settings that were left open. A run writes them down."""

    batch_size: Annotated[int, Meta(ge=0, le=65_536), doc("Words in a step.")] = 0


class Config(Section, frozen=True):
    """Everything that is needed to repeat a run."""

    format: Annotated[Literal[2], doc("Layout of this file.")] = FORMAT
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    objective: ObjectiveConfig = ObjectiveConfig()
    prior: Annotated[
        Standard | Codebook,
        doc(
            """N(0, I). codebook divides it into cells, one for each training paradigm, reads a
            memory slot in each, and trains the decoder on draws. Source: van den Oord et al. 2017,
            section 3."""
        ),
    ] = Standard()
    teacher_forcing: Annotated[
        Always | Sequence | Token | Parallel,
        doc(
            """Share of the right characters that the decoder is fed instead of its own. always:
            all; sequence: one draw for each word; token: one for each character (Bengio et al.
            2015); parallel: as token, in fused passes (Duckworth et al. 2019)."""
        ),
    ] = Sequence()
    optimizer: Annotated[Adam | AdamW | SGD, doc("Rule by which the parameters move.")] = SGD()
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
            raise ValueError(
                "model.variant vae knows no tenses, so objective.task must be reconstruct"
            )
        if self.model.variant == "vae" and isinstance(self.prior, Codebook):
            raise ValueError("model.variant vae knows no paradigms, so prior.kind must be standard")

    def with_chosen(self) -> "Config":
        """The same with what was chosen in the place of what was left open."""
        chosen = self.chosen
        if chosen is None or self.hardware.device not in ("auto", chosen.device):
            return msgspec.structs.replace(self, chosen=None)
        hardware = HardwareConfig(
            device=chosen.device,
            threads=self.hardware.threads or chosen.threads,
            precision=(
                chosen.precision if self.hardware.precision == "auto" else self.hardware.precision
            ),
        )
        size = self.training.batch_size or chosen.batch_size
        training = msgspec.structs.replace(self.training, batch_size=size)
        return msgspec.structs.replace(self, hardware=hardware, training=training, chosen=None)
