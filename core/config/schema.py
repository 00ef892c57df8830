"""The configuration of a run: its sections and their fields.

Each field's docstring is its one description: the help of ``--set`` and the text beside it on the
Setup screen are read from here.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, get_type_hints

import msgspec
from msgspec import Meta

Ratio = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
CountOrNone = Annotated[int, Meta(ge=0, le=1_000_000)]
Size = Annotated[int, Meta(ge=1, le=16_384)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A group of fields that belong to one idea."""


class DataConfig(Section, frozen=True):
    """What is learnt."""

    corpus: str = "verbs"
    """Corpus to train on: a shipped one (verbs, verbs-all) or a file."""
    pairs: str = ""
    """Pair file whose BLEU-4 is reported (never used to choose a checkpoint); empty for none."""


class ModelConfig(Section, frozen=True):
    """The conditional VAE."""

    variant: Literal["cvae", "vae"] = "cvae"
    """cvae tells encoder and decoder the condition; vae does without."""
    embedding_size: Size = 64
    """Size of a character embedding."""
    hidden_size: Size = 128
    """Hidden size of the encoder's and the decoder's LSTM."""
    bidirectional: bool = False
    """Read a word from both ends in the encoder, each with an LSTM of the hidden size."""
    latent_size: Size = 32
    """Dimensions of the latent z."""
    condition_size: Annotated[int, Meta(ge=1, le=1024)] = 8
    """Size of the condition embedding, joined to the encoder's initial state and to the latent."""
    memory_size: Annotated[int, Meta(ge=0, le=16_384)] = 96
    """Size of what the decoder reads from its memory: the latent space is divided into cells, one
    for each training paradigm, and the decoder reads the slot in whose cell a latent lies. 0 for no
    memory, and then neither draws from the prior nor a fall of beta; the variant vae has none.
    Source: van den Oord et al. 2017, section 3 (a codebook before the decoder), softly read."""
    memory_slots: CountOrNone = 0
    """Slots of the memory; 0 for as many as there are training paradigms, which a run writes
    down."""
    memory_sharpness: Annotated[float, Meta(gt=0, le=1000)] = 5.0
    """How sharp the borders between the cells of the memory are; at 1 they are as wide as the
    posteriors that lie there."""
    latent_every_step: bool = True
    """Give the decoder what it is told (latent, memory, condition) at every character, added to the
    character's embedding, not only at the first. Source: Bowman et al. 2016, section 3.1."""

    @property
    def has_memory(self) -> bool:
        """Whether the decoder has a memory; never where no tenses and so no paradigms are known."""
        return self.memory_size > 0 and self.variant == "cvae"


class ObjectiveConfig(Section, frozen=True):
    """CE + beta * KL, and how beta moves."""

    task: Literal["convert", "reconstruct"] = "convert"
    """reconstruct: a word to itself in its own tense; convert: to a tense drawn at random."""
    ce_reduction: Literal["word", "character"] = "word"
    """word: CE in nats per word, so that beta = 1 is the negative ELBO; character: its mean over
    characters, as in the course, which makes the same beta weigh several times more."""
    annealing: Literal["monotonic", "cyclical", "constant"] = "monotonic"
    """Course of beta. Source of cyclical: Fu et al. 2019."""
    shape: Literal["linear", "sigmoid", "cosine"] = "linear"
    """Form of each rise of beta."""
    beta_start: Annotated[float, Meta(ge=0, le=1000)] = 0.0
    """Beta at the start of a rise."""
    beta_max: Annotated[float, Meta(ge=0, le=1000)] = 0.4
    """Beta after a rise, and throughout when annealing is constant."""
    beta_final: Annotated[float, Meta(ge=0, le=1000)] = 0.05
    """Beta after its fall, which follows a rise to beta_max once draws from the prior hold the
    latent space in place (prior.start): the posteriors may then shrink within their cells."""
    fall_ratio: Ratio = 0.25
    """Share of the training that the fall to beta_final takes, from prior.start on; 0 for no
    fall."""
    cycles: Annotated[int, Meta(ge=1, le=10_000)] = 4
    """Cycles of cyclical annealing over the whole training (M of Fu et al. 2019)."""
    rise_ratio: Annotated[float, Meta(gt=0, le=1)] = 0.2
    """Share of a cycle (of the whole training when monotonic) in which beta rises; then it holds.
    R of Fu et al. 2019."""
    zero_ratio: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """Share of a cycle, at its head, in which beta rests at its start value.
    Source: Li et al. 2020 (Optimus), section 3.3."""
    blank_probability: Ratio = 0.3
    """Share of the decoder's input characters that are blanked in training, so that it must
    read the latent. Source: Bowman et al. 2016, section 3.1 (word dropout)."""


class PriorConfig(Section, frozen=True):
    """Draws from the prior N(0, I), on which the decoder is trained beside the posteriors."""

    ratio: Annotated[float, Meta(ge=0, le=100)] = 0.25
    """Draws for each word of a batch; 0 for none. The target of a draw is a form of the paradigm
    in whose cell of the memory it lies."""
    start: Ratio = 0.2
    """Share of the training after which they begin. Then the latent space is divided, once, into
    cells of equal prior mass around the paradigms' posteriors."""


class TeacherForcingConfig(Section, frozen=True):
    """How often the decoder is fed the right character instead of its own."""

    mode: Literal["sequence", "token", "parallel"] = "sequence"
    """sequence: one coin for each word; token: one for each character (scheduled sampling, Bengio
    et al. 2015); parallel: the same in fused passes instead of character by character."""
    passes: Annotated[int, Meta(ge=1, le=64)] = 1
    """Passes in which parallel finds what the decoder would have said; with as many as a word has
    characters it is token exactly. Source: Duckworth et al. 2019, algorithm 1."""
    start: Ratio = 1.0
    """Teacher forcing ratio at the start of the training."""
    end: Ratio = 1.0
    """Teacher forcing ratio at its end; it changes linearly from start to end."""


class OptimizerConfig(Section, frozen=True):
    """How the parameters move."""

    name: Literal["adam", "adamw", "sgd"] = "adam"
    """Optimiser."""
    learning_rate: Annotated[float, Meta(gt=0, le=100)] = 6e-3
    """Learning rate; the highest one when the schedule moves it."""
    momentum: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """Momentum of sgd."""
    weight_decay: Annotated[float, Meta(ge=0, le=10)] = 0.0
    """Weight decay."""
    clip_norm: Annotated[float, Meta(ge=0, le=1e6)] = 1.0
    """Largest norm of the gradient; longer ones are shortened to it. 0 switches clipping off."""
    on_nonfinite: Literal["stop", "skip"] = "stop"
    """What becomes of a step whose loss or gradient is not finite: stop ends the training; skip
    leaves weights and optimiser as they were before it and goes on."""
    skip_at_most: Count = 10
    """Steps in a row that skip may pass over; one more ends the training."""
    schedule: Literal["onecycle", "cosine", "step", "constant"] = "onecycle"
    """Course of the learning rate."""
    step_epochs: Count = 500
    """Epochs between two decays of the step schedule (StepLR)."""
    gamma: Annotated[float, Meta(gt=0, le=1)] = 0.8
    """Factor of each decay of the step schedule (StepLR)."""
    warmup_ratio: Annotated[float, Meta(ge=0, lt=1)] = 0.1
    """Share of the training in which the learning rate of onecycle rises."""
    final_ratio: Ratio = 0.01
    """Where cosine and onecycle end, as a share of the learning rate; onecycle starts at a 25th."""


class TrainingConfig(Section, frozen=True):
    """How long, in which portions, from which seed."""

    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    """Seed of everything random in the training."""
    start_from: str = ""
    """Checkpoint file of another run, of the same alphabet and tenses, whose weights the training
    starts from; empty for weights drawn anew. Optimiser, schedules and the division of the latent
    space begin anew."""
    epochs: Count = 300
    """Passes over all forms of all training paradigms."""
    batch_size: Annotated[int, Meta(ge=0, le=65_536)] = 512
    """Words in a step; 0 lets a short measurement choose."""
    hallucinated: CountOrNone = 0
    """Invented paradigms to train on beside the corpus's: a regular verb's with the head of another
    verb's stem. Source: Anastasopoulos & Neubig 2019, section 3.2."""
    bucket: Count = 16
    """Batches among whose words those of similar length are put together, to pad less."""
    report_every: Count = 10
    """Steps between two readings of loss, KL and speed."""


class EvaluationConfig(Section, frozen=True):
    """The scores taken while training, and the choice of the best checkpoint."""

    every_epochs: Count = 10
    """Epochs between two evaluations; one more comes at the end."""
    gaussian_draws: Annotated[int, Meta(ge=1, le=1_000_000)] = 1000
    """Draws of the Gaussian score at each evaluation."""
    selection_pairs: Annotated[int, Meta(ge=1, le=100_000)] = 200
    """Conversions, drawn once at random, whose BLEU-4 helps to choose the best checkpoint."""
    select_by: Literal["joint", "bleu4"] = "joint"
    """What chooses the best checkpoint: joint, the harmonic mean of the selection pairs' BLEU-4 and
    the Gaussian score; bleu4, the former alone, for a model that is not meant to generate."""
    select_on: Literal["train", "valid"] = "train"
    """Split from which the selection pairs are drawn."""


class CheckpointsConfig(Section, frozen=True):
    """What is saved besides the best."""

    every_epochs: Count = 10
    """Epochs between two checkpoints; one more comes at the end."""
    keep: CountOrNone = 0
    """Earlier checkpoints kept as a history besides last and best."""


class HardwareConfig(Section, frozen=True):
    """Where and how it is computed."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Device; auto takes a GPU where there is one."""
    threads: Annotated[int, Meta(ge=0, le=1024)] = 0
    """Processor threads, among which the words of a step are shared; 0 lets a short measurement
    choose."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """bfloat16 computes the LSTMs under autocast; auto lets a short measurement choose."""


class Config(Section, frozen=True):
    """Everything that is needed to repeat a run."""

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    objective: ObjectiveConfig = ObjectiveConfig()
    prior: PriorConfig = PriorConfig()
    teacher_forcing: TeacherForcingConfig = TeacherForcingConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    training: TrainingConfig = TrainingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    checkpoints: CheckpointsConfig = CheckpointsConfig()
    hardware: HardwareConfig = HardwareConfig()

    def __post_init__(self) -> None:
        """Refuse fields that contradict one another.

        Raises ValueError, which `build` turns into an InputError.
        """
        objective = self.objective
        if objective.beta_start > objective.beta_max and objective.annealing != "constant":
            raise ValueError(
                f"objective.beta_start ({objective.beta_start:g}) must not exceed "
                f"objective.beta_max ({objective.beta_max:g})"
            )
        if objective.rise_ratio + objective.zero_ratio > 1:
            raise ValueError(
                f"objective.rise_ratio ({objective.rise_ratio:g}) and objective.zero_ratio "
                f"({objective.zero_ratio:g}) must not exceed 1 together"
            )
        if self.model.condition_size > self.model.hidden_size:
            raise ValueError(
                f"model.condition_size ({self.model.condition_size}) must not exceed "
                f"model.hidden_size ({self.model.hidden_size}), whose first state it is part of"
            )
        if self.model.variant == "vae" and objective.task == "convert":
            raise ValueError(
                "model.variant vae knows no tenses, so objective.task must be reconstruct"
            )


SECTIONS: Mapping[str, type[Section]] = get_type_hints(Config)
