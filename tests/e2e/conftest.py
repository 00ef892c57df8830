import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from browser import Browser
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


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A headless browser, where there is one."""
    if shutil.which("chromium") is None:
        pytest.skip("there is no chromium here")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = Browser(playwright.chromium)
        yield opened
        opened.close()
