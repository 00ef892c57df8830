import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from terminal import Terminal

PROGRAM = [sys.executable, "-m", "tui.cli.main"]


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Runs cvae-tui with some arguments in a terminal, its runs under tmp_path/runs."""
    opened: list[Terminal] = []

    def run(
        *arguments: str,
        columns: int = 80,
        rows: int = 24,
        program: Sequence[str] = PROGRAM,
        **env: str,
    ) -> Terminal:
        home = {
            "CVAE_TUI_RUNS_DIR": str(tmp_path / "runs"),
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        terminal = Terminal(
            [*program, *arguments], columns=columns, rows=rows, env=home | env, cwd=tmp_path
        )
        opened.append(terminal)
        return terminal

    yield run
    for terminal in opened:
        terminal.close()
