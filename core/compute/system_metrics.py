"""Memory of this process and load of the GPU."""

import contextlib
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]
import pynvml


@dataclass(frozen=True, slots=True)
class Readings:
    """Of this process, and of the first GPU where there is one."""

    memory: int
    """Resident memory, in bytes."""
    gpu_share: float | None = None
    """Utilization of the GPU, from 0 to 1."""
    gpu_memory: int = 0
    """Memory in use on the GPU, in bytes."""
    gpu_memory_total: int = 0


def take_readings() -> Readings:
    """Read them now. This can take some milliseconds."""
    memory = psutil.Process().memory_info().rss
    with contextlib.suppress(pynvml.NVMLError):
        pynvml.nvmlInit()
        gpu = pynvml.nvmlDeviceGetHandleByIndex(0)
        there = pynvml.nvmlDeviceGetMemoryInfo(gpu)
        share = pynvml.nvmlDeviceGetUtilizationRates(gpu).gpu / 100
        return Readings(memory, share, int(there.used), int(there.total))
    return Readings(memory)
