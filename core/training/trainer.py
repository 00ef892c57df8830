"""The training loop: a configuration and a corpus in, events out.

A Trainer writes nothing. It yields events one by one; between two of them its state is whole, and
`snapshot` may take it.
"""

import contextlib
import dataclasses
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec
import torch
from torch import Tensor

from core.compute.hardware import Hardware, choose, is_out_of_memory
from core.compute.workers import Workers
from core.config.schema import Config, Skip
from core.corpus.paradigms import Corpus, Pair
from core.corpus.vocabulary import Vocabulary
from core.errors import Cancelled, InputError
from core.model.cvae import CondVAE
from core.model.inference import Inference
from core.model.prior import fit_codebook
from core.scores.evaluation import Evaluation, joint_score
from core.training import events
from core.training.clock import Clock
from core.training.control import Control
from core.training.examples import Examples, ExampleSource
from core.training.means import RunningMeans
from core.training.optimizers import new_optimizer, restore_state, revert_step_unless, state_of
from core.training.schedules import Overrides, Schedules
from core.training.snapshot import Position, Snapshot
from core.training.step import compute_gradients, sum_shards

MEASURED_STEPS = 3


class Trainer:
    """One training of one model.

    Iterate over `run()`; the requests of `control` take effect between two steps.
    """

    def __init__(
        self,
        config: Config,
        corpus: Corpus,
        vocabulary: Vocabulary,
        pairs: Sequence[Pair],
        control: Control,
        hardware: Hardware,
    ) -> None:
        config = fit_codebook(config, corpus.split("train"))
        training = msgspec.structs.replace(config.training, batch_size=hardware.batch_size)
        self.config = config = msgspec.structs.replace(config, training=training)
        self.control = control
        self.hardware = hardware
        self.device = torch.device(hardware.device)
        self._corpus = corpus
        self._evaluation = Evaluation(config.evaluation, corpus, pairs)
        self._source = ExampleSource(config, corpus, vocabulary, self.device)
        self.batches = self._source.batches
        self.schedules = Schedules(config, self.batches.steps)
        self.model = _new_model(config, vocabulary).to(self.device)
        self.optimizer = new_optimizer(config.optimizer, self.model)
        self._workers = Workers(hardware.threads)
        self._inference = Inference(
            self.model,
            vocabulary,
            workers=self._workers,
            bfloat16=hardware.bfloat16,
            cancelled=lambda: control.stopping,
        )
        self._position = Position()
        self._step = 0
        self._clock = Clock()
        nonfinite = config.optimizer.on_nonfinite
        self._tolerated = nonfinite.at_most if isinstance(nonfinite, Skip) else 0
        self._means = RunningMeans(self.device, self._tolerated)
        self._resumed = False

    def snapshot(self) -> Snapshot:
        """Return the state at this step, from which a training goes on exactly."""
        position = msgspec.structs.replace(
            self._position, step=self._step, elapsed=self._clock.elapsed
        )
        training = state_of(self.optimizer) | self._means.state()
        return Snapshot(position, self.model.state_dict(), training)

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot; InputError when it is of another model or optimizer."""
        position = snapshot.position
        with _fitting("the checkpoint"):
            self.model.load_state_dict(dict(snapshot.model))
            begun = position.step > 0
            restore_state(self.optimizer, self.config.optimizer, snapshot.training, begun=begun)
            self._means.restore(snapshot.training)
        self._position = position
        self._override(position.overrides)
        self._step = position.step
        self._clock = Clock(position.elapsed)
        self._resumed = True

    def start_from(self, weights: Mapping[str, Tensor]) -> None:
        """Begin with the weights of another training; InputError when its model is another."""
        with _fitting("training.start_from"):
            self.model.load_state_dict(dict(weights))

    def run(self) -> Iterator[events.Event]:
        """Train to the last step, or until a stop is requested.

        After `CheckpointDue` the caller should save a `snapshot`. A loss that is not finite, or too
        little memory, ends the training with `Failed`; earlier checkpoints are left alone.
        """
        try:
            yield from self._train()
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            yield self._out_of_memory()

    def _train(self) -> Iterator[events.Event]:
        self._clock.start()
        self._clock.restart_lap(self._words())
        yield self._started()
        while True:
            yield from self._scores_and_checkpoints()
            if self._step >= self.schedules.steps and not self.control.stopping:
                yield from self._ended(events.Finished)
                return
            if self.control.pausing:
                yield from self._pause()
            if self.control.stopping:
                yield from self._ended(events.Stopped)
                return
            self.train_step()
            if self._step % self.config.training.report_every == 0:
                if (bad_step := self._means.bad_step()) is not None:
                    yield self._failed(bad_step)
                    return
                yield self._progress()

    def seconds_per_word(self, steps: int) -> float:
        """Measure the time of a word over some steps after a first one; infinity when stopped."""
        self.train_step()
        self._synchronize()
        start = time.perf_counter()
        words = 0
        for _ in range(steps):
            if self.control.stopping:
                return math.inf
            words += self.train_step()
        self._synchronize()
        return (time.perf_counter() - start) / words

    def skip_to(self, step: int) -> None:
        """Go to a step without training to it, to measure the speed of steps there."""
        self._step = step

    def train_step(self) -> int:
        """Take one step, and return the number of words in it."""
        step = self._step
        if step == self.schedules.partition_step:
            self._source.divide_latent_space(self._inference, self.model.memory)
        examples, beta = self.examples(step), self.schedules.beta(step)
        result = sum_shards(
            self._workers.map(
                lambda shard: compute_gradients(
                    self.model, shard, examples, self.config, beta, bfloat16=self.hardware.bfloat16
                ),
                examples.shards(self._workers.count),
            )
        )
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedules.learning_rate(step)
        for parameter, gradient in zip(self.model.parameters(), result.gradients, strict=True):
            parameter.grad = gradient
        norm = torch.nn.utils.clip_grad_norm_(
            self.model.parameters(), self.config.optimizer.clip_norm or math.inf
        )
        if self._tolerated:
            with revert_step_unless((result.loss + norm).isfinite(), self.optimizer):
                self.optimizer.step()
        else:
            self.optimizer.step()
        self._means.add(step, result.loss, result.ce, result.kl, result.lengths, norm)
        self._step += 1
        return len(examples.source)

    def examples(self, step: int) -> Examples:
        """Assemble the examples of a step, counted from 0 over the whole training."""
        return self._source.examples(step, self.schedules, self.model.memory)

    def _override(self, overrides: Overrides) -> None:
        self._position = msgspec.structs.replace(self._position, overrides=overrides)
        self.schedules = dataclasses.replace(self.schedules, overrides=overrides)

    def _scores_and_checkpoints(self) -> Iterator[events.Event]:
        """Yield what was requested, and what is due at this step by the intervals."""
        step, last = self._step, self._step == self.schedules.steps
        if self.control.take_detach():
            yield events.Detached(**self._now())
        overrides = self._position.overrides
        for name, value in self.control.take_edits().items():
            self._override(self._position.overrides.edited(name, value))
            yield events.Edited(**self._now(), name=name, value=value)
        asked = self.control.take_evaluate()
        due = self._position.evaluated != step and self._due(self.config.evaluation.every_epochs)
        if (asked or due) and not self.control.stopping and self._means.bad_step() is None:
            with contextlib.suppress(Cancelled):
                scores = self._evaluate()
                yield scores
                if scores.best:
                    yield from self._checkpoint("best")
                    # A resumed run takes no scores that were merely asked for, so what they found
                    # must be in the checkpoint from which it goes on.
                    if not due:
                        yield from self._checkpoint("last")
        due = self._position.saved != step and self._due(self.config.checkpoints.every_epochs)
        # An edit is saved at once, so that a resumed run goes on with what its journal told before.
        edited = self._position.overrides != overrides
        if self.control.take_checkpoint() or edited or (due and not last):
            yield from self._checkpoint("last")

    def _due(self, every_epochs: int) -> bool:
        every = every_epochs * self.schedules.steps_per_epoch
        return self._step > 0 and (self._step % every == 0 or self._step == self.schedules.steps)

    def _checkpoint(self, name: str) -> Iterator[events.Event]:
        """Ask the caller to save the state, unless a step since the last reading spoilt it."""
        if self._means.bad_step() is None:
            if name == "last":
                self._position = msgspec.structs.replace(self._position, saved=self._step)
            yield events.CheckpointDue(**self._now(), checkpoint=name)

    def _ended(
        self, last_event: type[events.Finished] | type[events.Stopped]
    ) -> Iterator[events.Event]:
        """Yield the last checkpoint and event; `Failed` where a step spoilt the state."""
        if (bad_step := self._means.bad_step()) is not None:
            yield self._failed(bad_step)
            return
        if self._position.saved != self._step:
            yield from self._checkpoint("last")
        yield last_event(**self._now())

    def _evaluate(self) -> events.Evaluated:
        scores = self._evaluation.scores(self._inference)
        joint = joint_score(scores)
        merit = joint if self.config.evaluation.select_by == "joint" else scores.selection_bleu4
        best = merit > self._position.best
        self._position = msgspec.structs.replace(
            self._position, evaluated=self._step, best=max(merit, self._position.best)
        )
        # The speed of training is measured without the time that scoring took.
        self._clock.restart_lap(self._words())
        return events.Evaluated(**self._now(), scores=scores, joint=joint, best=best)

    def _pause(self) -> Iterator[events.Event]:
        self._clock.pause()
        yield events.Paused(**self._now())
        while self.control.pausing:
            self.control.wait_for_change()
            yield from self._scores_and_checkpoints()
        self._clock.start()
        self._clock.restart_lap(self._words())
        yield events.Unpaused(**self._now())

    def _words(self) -> int:
        """Words trained on so far."""
        epoch, position = divmod(self._step, self.schedules.steps_per_epoch)
        return epoch * self.batches.words + position * self.config.training.batch_size

    def _now(self) -> dict[str, Any]:
        return {
            "step": self._step,
            "epoch": self._step / self.schedules.steps_per_epoch,
            "time": time.time(),
            "elapsed": self._clock.elapsed,
        }

    def _started(self) -> events.Started:
        return events.Started(
            **self._now(),
            resumed=self._resumed,
            steps=self.schedules.steps,
            steps_per_epoch=self.schedules.steps_per_epoch,
            words=self.batches.words,
            paradigms=len({p.forms for p in self._corpus.split("train")}),
            duplicates=self._corpus.duplicates,
        )

    def _progress(self) -> events.Progress:
        return events.Progress(
            **self._now(),
            **cast(dict[str, Any], self._means.read()),
            beta=self.schedules.beta(self._step),
            teacher_forcing_ratio=self.schedules.teacher_forcing_ratio(self._step),
            learning_rate=self.schedules.learning_rate(self._step),
            words_per_second=self._clock.lap(self._words()),
            eta=self._clock.left(self._step, self.schedules.steps),
        )

    def _failed(self, bad_step: int) -> events.Failed:
        rate = self.schedules.learning_rate(bad_step)
        row = f", the last of {self._tolerated + 1} in a row" if self._tolerated else ""
        return events.Failed(
            **self._now(),
            message=(
                f"the loss was no longer finite at step {bad_step} (learning rate {rate:g}){row}; "
                "what was saved before is intact; try a lower optimizer.learning_rate or a "
                "smaller optimizer.clip_norm"
            ),
        )

    def _out_of_memory(self) -> events.Failed:
        size, device = self.config.training.batch_size, self.hardware.device
        return events.Failed(
            **self._now(),
            message=(
                f"the {device} ran out of memory after step {self._step} with batches "
                f"of {size} words; what was saved before is intact; free some, then --resume goes "
                f"on, or train anew with training.batch_size={max(1, size // 2)}"
            ),
        )

    def _synchronize(self) -> None:
        if self.hardware.device == "cuda":
            torch.cuda.synchronize()


def choose_hardware(
    config: Config, corpus: Corpus, vocabulary: Vocabulary, control: Control
) -> Hardware:
    """Measure the fastest threads and precision for this training on steps of its own.

    A stop ends the measurement with the fastest so far.
    """

    def seconds_per_word(candidate: Hardware) -> float:
        try:
            trainer = Trainer(config, corpus, vocabulary, (), control, candidate)
            return trainer.seconds_per_word(MEASURED_STEPS)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            return math.inf

    return choose(config.hardware, config.training.batch_size, seconds_per_word)


@contextlib.contextmanager
def _fitting(what: str) -> Iterator[None]:
    """Raise InputError when saved tensors belong to another model or optimizer."""
    try:
        yield
    except (RuntimeError, LookupError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{what} does not fit this configuration: {reason}") from None


def _new_model(config: Config, vocabulary: Vocabulary) -> CondVAE:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.training.seed)
        return CondVAE(config.model, config.prior, vocabulary)
