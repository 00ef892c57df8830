"""Environment of a run: machine, versions, device, threads and precision."""

import contextlib
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

import msgspec
import torch

from core.compute.hardware import Hardware
from core.files import read_json, write_json
from core.runs.directory import RunDirectory


class Environment(msgspec.Struct, frozen=True):
    """Machine, software and hardware of a run."""

    hardware: Hardware
    machine: str
    processors: int
    accelerator: str
    python: str
    torch: str
    cvae_tui: str
    commit: str


def read_environment(directory: RunDirectory) -> Environment | None:
    """Read the environment of a run. Return None before its first training."""
    return read_json(directory.environment_file, Environment)


def write_environment(directory: RunDirectory, hardware: Hardware) -> None:
    """Write the environment of a run. Raise OSError when the disk refuses."""
    environment = Environment(
        hardware=hardware,
        machine=f"{platform.system()} {platform.machine()}",
        processors=os.cpu_count() or 1,
        accelerator=torch.cuda.get_device_name() if hardware.device == "cuda" else "",
        python=platform.python_version(),
        torch=str(torch.__version__),
        cvae_tui=metadata.version("cvae-tui"),
        commit=_commit(),
    )
    write_json(directory.environment_file, environment)


def _commit() -> str:
    """Return the commit of the checkout with this file; empty without one."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
        silent = subprocess.DEVNULL
        return subprocess.check_output(command, stderr=silent, text=True, timeout=5).strip()
    return ""
