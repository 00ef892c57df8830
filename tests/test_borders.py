"""What may import what, asked of a fresh interpreter."""

import pkgutil
import subprocess
import sys

import pytest

import core

MODULES = sorted(module.name for module in pkgutil.walk_packages(core.__path__, prefix="core."))
SCREEN = ("textual", "rich", "click", "plotext", "tui")
WITHOUT_TORCH = (
    "core.config.schema",
    "core.corpus.formats",
    "core.corpus.vocabulary",
    "core.training.events",
    "core.runs.directory",
    "core.runs.journal",
    "core.runs.history",
    "core.catalogue.listing",
    "core.runs.ownership",
)


def loaded_by(*modules: str) -> set[str]:
    """The top-level packages that importing the modules brings in."""
    program = (
        f"import sys, {', '.join(modules)}; print(*(m.partition('.')[0] for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_core_has_no_screen() -> None:
    assert "core.training.trainer" in MODULES
    assert loaded_by(*MODULES).isdisjoint(SCREEN)


@pytest.mark.parametrize("module", WITHOUT_TORCH)
def test_what_the_first_screen_needs_does_not_wait_for_torch(module: str) -> None:
    assert "torch" not in loaded_by(module)


def test_the_benchmark_costs_nothing_at_import() -> None:
    program = "import sys, tui.cli.main, tui.cli.results.bench, tui.app.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "tui.benchmark" not in done.stdout


def test_nltk_is_imported_only_when_something_is_scored() -> None:
    assert "nltk" not in loaded_by(*MODULES)
