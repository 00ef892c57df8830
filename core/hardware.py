"""Device, threads and precision: chosen by a short measurement, or as the user said."""

import os
from collections.abc import Callable
from operator import itemgetter
from typing import Literal

import msgspec
import torch

from core.config import HardwareConfig
from core.errors import InputError

Device = Literal["cpu", "cuda", "mps"]
Precision = Literal["float32", "bfloat16"]


class Hardware(msgspec.Struct, frozen=True):
    """What a training computes with."""

    device: Device
    threads: int
    precision: Precision

    @property
    def bfloat16(self) -> bool:
        """Whether the LSTMs run under bfloat16 autocast."""
        return self.precision == "bfloat16"


def find_device(wanted: Literal["auto", "cpu", "cuda", "mps"]) -> Device:
    """The device to use.

    Raises InputError when a wanted one is not there.
    """
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


def choose(config: HardwareConfig, seconds: Callable[[Hardware], float]) -> Hardware:
    """The fastest hardware among those that the configuration leaves open.

    The precision is measured first, on the fewest threads; then threads are doubled for as long
    as that helps. Where a neighbour keeps a core busy, too many threads can be ten times slower
    than one, so the measurement stops at the first that is no faster.

    seconds: measures how long a few steps take with a candidate.
    """
    device = find_device(config.device)
    first, *more = [config.threads] if config.threads else _thread_counts(device)
    precisions: tuple[Precision, ...] = (
        ("float32", "bfloat16") if config.precision == "auto" else (config.precision,)
    )
    candidates = [Hardware(device, first, precision) for precision in precisions]
    if len(candidates) == 1 and not more:
        return candidates[0]
    best_seconds, best = min(
        ((seconds(candidate), candidate) for candidate in candidates), key=itemgetter(0)
    )
    for threads in more:
        candidate = msgspec.structs.replace(best, threads=threads)
        taken = seconds(candidate)
        if taken >= best_seconds:
            break
        best_seconds, best = taken, candidate
    return best


def use(hardware: Hardware) -> None:
    """Let this thread compute with the chosen number of threads."""
    torch.set_num_threads(hardware.threads)


def processor_count() -> int:
    """Processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _thread_counts(device: str) -> list[int]:
    """Numbers of threads worth measuring: powers of two up to the processors."""
    if device != "cpu":
        return [1]
    count = processor_count()
    return sorted({min(2**power, count) for power in range(5)})
