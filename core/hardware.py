"""Device, threads and precision: chosen by a short measurement, or as the user said."""

import os
from collections.abc import Callable
from typing import Literal

import msgspec
import torch

from core.config import HardwareConfig
from core.errors import InputError


class Hardware(msgspec.Struct, frozen=True):
    """What a training computes with."""

    device: Literal["cpu", "cuda", "mps"]
    threads: int
    precision: Literal["float32", "bfloat16"]

    @property
    def bfloat16(self) -> bool:
        """Whether the LSTMs run under bfloat16 autocast."""
        return self.precision == "bfloat16"


def find_device(wanted: Literal["auto", "cpu", "cuda", "mps"]) -> Literal["cpu", "cuda", "mps"]:
    """The device to use.

    Raises InputError when a wanted one is not there.
    """
    available: dict[Literal["cuda", "mps", "cpu"], bool] = {
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

    seconds: measures how long a few steps take with a candidate.
    """
    device = find_device(config.device)
    threads = [config.threads] if config.threads else _thread_counts(device)
    precisions: list[Literal["float32", "bfloat16"]] = (
        ["float32", "bfloat16"] if config.precision == "auto" else [config.precision]
    )
    candidates = [Hardware(device, n, precision) for n in threads for precision in precisions]
    if len(candidates) == 1:
        return candidates[0]
    return min(candidates, key=seconds)


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
