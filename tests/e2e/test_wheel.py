"""The program as others install it: from a wheel, in an environment of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from terminal import Terminal, wait_until

from core.catalogue.listing import summarize
from core.runs.directory import RunDirectory

ROOT = Path(__file__).parents[2]
SOURCES = ("core", "data", "tui", "pyproject.toml", "README.md", "LICENSE")
TINY = ("--epochs", "1", "--set", "model.hidden_size=16")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The program in an environment that has the wheel, and sees the dependencies of this one."""
    source, wheels, environment = (tmp_path / name for name in ("source", "wheels", "environment"))
    source.mkdir()
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--quiet"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, source]
    built = subprocess.run(build, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (wheel,) = wheels.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    install = [*pip, "--python", python, "install", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    # Paths in such a file are searched last, and .pth files in them are not read.
    dependencies = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "dependencies.pth").write_text("\n".join(dependencies))
    shutil.rmtree(source)
    return environment / "bin" / "cvae-tui"


@pytest.mark.slow
def test_an_installed_wheel_starts_from_anywhere(
    installed: Path,
    foreign: Path,
    tmp_path: Path,
    corpus_file: Path,
    open_terminal: Callable[..., Terminal],
) -> None:
    def call(*arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [installed, *arguments],
            cwd=foreign,
            env={**os.environ, "CVAE_TUI_RUNS_DIR": str(tmp_path / "runs")},
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    corpus = ["--corpus", str(corpus_file)]
    place = [installed.with_name("python"), "-P", "-c", "import tui; print(tui.__path__[0])"]
    found = subprocess.run(place, cwd=foreign, capture_output=True, text=True, check=True)
    assert str(tmp_path / "environment") in found.stdout
    assert "Usage: cvae-tui" in call("--help")
    assert "demo" in call("runs", "--runs-dir", str(ROOT / "runs"))
    assert "accepted: a file, or annealing" in call("experiment", "none", code=2)
    for preset, more in {"default": [], "lab4": corpus, "converter": corpus}.items():
        call("train", "--headless", "--preset", preset, "--name", preset, *TINY, *more)
        assert summarize(RunDirectory(tmp_path / "runs" / preset)).state == "finished"
    page = tmp_path / "page.html"
    call("export", "default", str(page), "--to", "html")
    assert "</html>" in page.read_text()
    call("train", "--detach", "--name", "far", *TINY)
    wait_until(lambda: summarize(RunDirectory(tmp_path / "runs" / "far")).state == "finished")
    terminal = open_terminal(program=[str(installed)], cwd=foreign)
    terminal.press("6")
    terminal.wait_for("4 runs in")
    terminal.press("q")
    assert terminal.wait_for_exit() == 0
    web = Path(found.stdout.strip()) / "web"
    assert {path.name for path in web.glob("page.*")} == {"page.html", "page.js"}
