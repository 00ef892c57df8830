"""Command that repeats a training with given settings."""

import shlex
from pathlib import Path

from core.config.fields import differences, value
from core.config.schema import Config


def command_line(config: Config, preset_name: str, base: Config, name: str, runs_dir: Path) -> str:
    """Return `cvae-tui train` with what differs from a preset, quoted for a shell.

    base: what the preset stands for. name: the run's name; empty for a free one.
    """
    words = ["cvae-tui", "train"]
    if runs_dir != Path("runs"):
        words += ["--runs-dir", str(runs_dir)]
    if preset_name != "default":
        words += ["--preset", preset_name]
    if name:
        words += ["--name", name]
    for field in differences(config, base):
        words += ["--set", f"{field.key}={field.spell(value(config, field))}"]
    return shlex.join(words)
