"""The commands, links, named tests, scripts and pictures of the documentation."""

import contextlib
import difflib
import html
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import click
import pytest

from core.config.schema import Config
from core.experiments.membership import by_variant
from tui.cli.main import cli, main

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md"]
PAGES += sorted(DOCS.rglob("*.md"))
IN_A_BLOCK = re.compile(r"^    (?:[A-Z_]+=\S+ )?cvae-tui\b(.*?)(?:   .*| \| .*)?$", re.MULTILINE)
IN_A_LINE = re.compile(r"`cvae-tui((?: [^`]*)?)`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
PLACEHOLDERS = {"RUN": "demo", "WORD": "carry", "METRIC": "kl", "PATH": "out", "FORMAT": "csv"}
PLACEHOLDERS |= {"NAME": "annealing", "FILE\\|NAME": "annealing", "FILE": "words.tsv"}
PLACEHOLDERS |= dict.fromkeys(("first", "unseen", "lab"), "demo")
TINY = ("--epochs", "1", "--set", "model.hidden_size=16")
DESIGN = """\
seeds = [0]
[set]
data.corpus = "{corpus}"
model.hidden_size = 16
training.epochs = 8
training.report_every = 1
training.batch_size = 4
evaluation.every_epochs = 4
[vary]
objective.beta_max = [1e-4, 0.1]
"""


def filled(command: str) -> list[str]:
    """Return the arguments of a command in the documentation, with its placeholders filled in."""
    words = [word.strip("[]").removesuffix("...") for word in shlex.split(command, posix=False)]
    return [PLACEHOLDERS.get(word, word) for word in words]


def commands(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [found.strip() for form in (IN_A_BLOCK, IN_A_LINE) for found in form.findall(text)]


def script(name: str) -> ModuleType:
    """Import a script of docs/."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def beside_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory whose runs/ has a copy of the demonstration run."""
    shutil.copytree(ROOT / "runs" / "demo", tmp_path / "runs" / "demo")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "command", sorted({command for page in PAGES for command in commands(page)})
)
def test_every_command_of_the_documentation_parses(command: str, beside_the_demo: Path) -> None:
    name, *rest = filled(command) or ["--help"]
    if name.startswith("-"):
        return
    found = cli.get_command(click.Context(cli), name)
    assert found, f"there is no command {name}"
    # The text may name an option without its value, or leave out one that is needed.
    with contextlib.suppress(click.MissingParameter, click.BadOptionUsage, click.exceptions.Exit):
        found.make_context(name, rest)


def test_the_commands_of_the_readme_run(
    beside_the_demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [shlex.split(line) for line in IN_A_BLOCK.findall(PAGES[0].read_text(encoding="utf-8"))]
    assert len(lines) > 5
    for line in lines:
        if line[0] == "train":
            assert "--headless" in line
            line += TINY
        monkeypatch.setattr(sys, "argv", ["cvae-tui", *line])
        with pytest.raises(SystemExit) as leaving:
            main()
        assert leaving.value.code == 0, (line, capsys.readouterr().err)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_every_promise_is_kept_by_a_test_that_exists() -> None:
    text = (DOCS / "reliability.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| (?!event)", line)]
    named = re.findall(r"\[`(test_\w+)`\]\(([^)]+)\)", text)
    assert len(named) > 50
    for name, path in named:
        assert f"def {name}(" in (DOCS / path).read_text(encoding="utf-8"), (name, path)
    for row in rows:
        assert "`](../tests/" in row, f"no test is named for {row}"


def test_the_script_of_the_experiments_draws_and_prints(
    tmp_path: Path,
    corpus_file: Path,
    tiny: Callable[..., Config],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    runs, design = tmp_path / "runs", tmp_path / "learning-rate.toml"
    design.write_text(DESIGN.format(corpus=corpus_file))
    line = ["cvae-tui", "experiment", str(design), "--sequential", "--runs-dir", str(runs)]
    monkeypatch.setattr(sys, "argv", line)
    with pytest.raises(SystemExit) as leaving:
        main()
    assert leaving.value.code == 0, capsys.readouterr().err
    experiments = script("experiments")
    monkeypatch.setattr(experiments, "PICTURES", tmp_path)
    experiments.main([f"tiny={runs}"])
    out = capsys.readouterr().out
    assert "## learning-rate" in out and "| tiny | beta_max-0.1 | 1 | " in out
    assert "CE below 12 nats from epoch" in out or "not by all seeds" in out
    assert (tmp_path / "experiment-learning-rate.svg").exists()
    ((_, variants),) = by_variant(experiments.run_directories(runs)).items()
    first, second = ([experiments.history(run) for run in some] for some in variants.values())
    corpora = {"tiny": {"cyclical": first, "monotonic": second}}
    assert "tiny, run 0: CE at the resets: " in experiments.resets(corpora)
    assert "standard deviation of CE per character" in experiments.roughness(corpora)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pictures and pages of the screens as the script draws them now."""
    folder = tmp_path_factory.mktemp("docs")
    done = subprocess.run(
        [sys.executable, str(DOCS / "screenshots.py"), str(folder)],
        env={name: value for name, value in os.environ.items() if name != "NO_COLOR"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


def lines_of(picture: Path) -> list[str]:
    """Return the text of a picture, a line for each line of the screen."""
    found: dict[float, str] = {}
    text = picture.read_text(encoding="utf-8")
    for y, words in re.findall(r'<text [^>]*\by="([\d.]+)"[^>]*>([^<]*)</text>', text):
        found[float(y)] = found.get(float(y), "") + html.unescape(words).replace("\xa0", " ")
    return [found[y].rstrip() for y in sorted(found)]


@pytest.mark.parametrize(
    "name", ["train", "setup", "convert", "generate", "latent", "runs", "compare"]
)
def test_a_screen_looks_as_its_picture_and_reads_as_its_page(drawn: Path, name: str) -> None:
    before, now = (lines_of(at / "pictures" / f"{name}.svg") for at in (DOCS, drawn))
    assert len(now) > 20
    difference = "\n".join(difflib.unified_diff(before, now, "docs", "now", lineterm=""))
    assert not difference, f"`make pictures` draws it anew:\n{difference}"
    if name != "setup":
        page = f"screens/{name}.md"
        assert (DOCS / page).read_text() == (drawn / page).read_text(), (
            "`make pictures` writes it anew"
        )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`((?:core|tui|data|tests|docs)/[\w./-]+)`", page.read_text("utf-8"))
    missing = [path for path in named if not (ROOT / path).exists()]
    assert not [path for path in missing if "NAME" not in path]


def test_the_index_lists_every_page() -> None:
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} - {"index.md"}
    linked = LINK.findall((DOCS / "index.md").read_text(encoding="utf-8"))
    assert pages == {link for link in linked if not link.startswith("..")}
