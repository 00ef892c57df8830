"""Device, threads and precision: set by the user, or chosen by a short measurement."""

from collections.abc import Callable
from operator import itemgetter
from typing import Literal

import msgspec
import torch

from core.compute.workers import processor_count
from core.config.schema import HardwareConfig
from core.errors import InputError

Device = Literal["cpu", "cuda", "mps"]
Precision = Literal["float32", "bfloat16"]
BATCH_SIZES = (64, 128, 256, 512, 1024, 2048)
WORTH_IT = 0.9
"""A larger batch, which means fewer steps, must do with so much of the time per word."""


class Hardware(msgspec.Struct, frozen=True):
    """Device, threads, precision and batch size of a training."""

    device: Device
    threads: int
    precision: Precision
    batch_size: int
    """Words in a step."""

    @property
    def bfloat16(self) -> bool:
        """True if the LSTMs run under bfloat16 autocast."""
        return self.precision == "bfloat16"


def find_device(wanted: Literal["auto", "cpu", "cuda", "mps"]) -> Device:
    """Return the device to use. Raise InputError when a wanted one is not there."""
    available: dict[Device, bool] = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wanted == "auto":
        return next(device for device, there in available.items() if there)
    if not available[wanted]:
        there = ", ".join(device for device, yes in available.items() if yes)
        raise InputError(f"hardware.device: there is no {wanted} here; accepted: auto, {there}")
    return wanted


def is_out_of_memory(error: Exception) -> bool:
    """Return True if an error means that a device, or the processor, has no memory left."""
    signs = "can't allocate memory", "ALLOC_FAILED", "out of memory"
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(
        sign in str(error) for sign in signs
    )


def choose(
    config: HardwareConfig, batch_size: int, seconds_per_word: Callable[[Hardware], float]
) -> Hardware:
    """Choose the fastest hardware among what the configuration leaves open.

    The precision is measured first, on the fewest threads and words; then threads are doubled for
    as long as that helps, then words. On a busy machine too many threads can be ten times slower.

    batch_size: 0 leaves it open.
    seconds_per_word: measures a few steps with a candidate.
    """
    device = find_device(config.device)
    threads = [config.threads] if config.threads else _thread_counts(device)
    batches = [batch_size] if batch_size else list(BATCH_SIZES)
    precisions: tuple[Precision, ...] = (
        ("float32", "bfloat16") if config.precision == "auto" else (config.precision,)
    )
    candidates = [Hardware(device, threads[0], one, batches[0]) for one in precisions]
    if len(candidates) == len(threads) == len(batches) == 1:
        return candidates[0]
    shortest, best = min(((seconds_per_word(one), one) for one in candidates), key=itemgetter(0))
    for name, numbers, worth in (("threads", threads, 1.0), ("batch_size", batches, WORTH_IT)):
        for number in numbers[1:]:
            candidate = msgspec.structs.replace(best, **{name: number})
            seconds = seconds_per_word(candidate)
            if seconds >= worth * shortest:
                break
            shortest, best = seconds, candidate
    return best


def _thread_counts(device: str) -> list[int]:
    """List the numbers of threads to measure: powers of two up to the processors."""
    if device != "cpu":
        return [1]
    count = processor_count()
    return sorted({min(2**power, count) for power in range(5)})
