"""A terminal with the program in it, a browser, and a directory full of modules of others."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from browser import Browser
from terminal import Terminal

from tui.hosting.program import PROGRAM

MODULES = ("data", "core", "torch", "ray", "textual_serve")


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Runs cvae-tui with some arguments in a terminal, its runs under tmp_path/runs."""
    opened: list[Terminal] = []

    def run(
        *arguments: str,
        columns: int = 80,
        rows: int = 24,
        program: Sequence[str] = PROGRAM,
        cwd: Path = tmp_path,
        **env: str,
    ) -> Terminal:
        home = {
            "CVAE_TUI_RUNS_DIR": str(tmp_path / "runs"),
            "XDG_STATE_HOME": str(tmp_path / "state"),
        }
        terminal = Terminal(
            [*program, *arguments], columns=columns, rows=rows, env=home | env, cwd=cwd
        )
        opened.append(terminal)
        return terminal

    yield run
    for terminal in opened:
        terminal.close()


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Path]:
    """A working directory with modules named as ours; none of them may be executed."""
    directory = tmp_path / "foreign"
    modules = [directory / f"{name}.py" for name in MODULES]
    modules += [directory / "tui" / "__init__.py"]
    for folder in ("data", "tui"):
        (directory / folder).mkdir(parents=True)
    (directory / "data" / "x.csv").touch()
    for module in modules:
        module.write_text("open(__file__ + '.executed', 'w').close()\n")
    yield directory
    assert not list(directory.rglob("*.executed"))


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
